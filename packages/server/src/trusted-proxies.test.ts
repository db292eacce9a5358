import { describe, expect, it } from 'vitest'
import { type RawHeader, upgradeRequest } from '../test/support/requests.ts'
import { trustedProxies } from './trusted-proxies.ts'

const forwardedFor = (value: string): RawHeader => ['X-Forwarded-For', value]
const forwarded = (value: string): RawHeader => ['Forwarded', value]
const proxy = '10.0.0.1'

describe('the client’s address', () => {
  it.each<[string, string, readonly string[], RawHeader[], string]>([
    ['the peer', '192.0.2.1', [], [], '192.0.2.1'],
    ['the peer, who cannot say otherwise', '192.0.2.1', [], [forwardedFor('203.0.113.9')], '192.0.2.1'],
    ['the peer, if another is trusted', '192.0.2.1', [proxy], [forwardedFor('203.0.113.9')], '192.0.2.1'],
    ['what a trusted proxy says', proxy, [proxy], [forwardedFor('203.0.113.9')], '203.0.113.9'],
    [
      'the right-most, whatever the client wrote',
      proxy,
      [proxy],
      [forwardedFor('1.1.1.1, 203.0.113.9')],
      '203.0.113.9',
    ],
    [
      'the right-most of two fields',
      proxy,
      [proxy],
      [forwardedFor('1.1.1.1'), forwardedFor('203.0.113.9')],
      '203.0.113.9',
    ],
    [
      'the hop before several proxies',
      proxy,
      ['10.0.0.0/8'],
      [forwardedFor('1.1.1.1, 203.0.113.9, 10.9.9.9')],
      '203.0.113.9',
    ],
    [
      'a client that claims to be a proxy',
      proxy,
      ['10.0.0.0/8'],
      [forwardedFor('1.1.1.1, 10.1.1.1')],
      '1.1.1.1',
    ],
    [
      'the first hop, where all are trusted',
      proxy,
      ['10.0.0.0/8'],
      [forwardedFor('10.1.1.1, 10.2.2.2')],
      '10.1.1.1',
    ],
    ['nobody’s on a Unix socket', '', [proxy], [forwardedFor('203.0.113.9')], ''],
    ['what a proxy behind a Unix socket says', '', ['unix:'], [forwardedFor('203.0.113.9')], '203.0.113.9'],
    [
      'the right-most behind a Unix socket',
      '',
      ['unix:', '10.0.0.0/8'],
      [forwardedFor('1.1.1.1, 203.0.113.9, 10.1.1.1')],
      '203.0.113.9',
    ],
    ['nonsense behind a Unix socket', '', ['unix:'], [forwardedFor('203.0.113.9, unknown')], ''],
    [
      'two headers that disagree behind a Unix socket',
      '',
      ['unix:'],
      [forwardedFor('203.0.113.9'), forwarded('for=1.1.1.1')],
      '',
    ],
    [
      'nonsense in one of two headers behind a Unix socket',
      '',
      ['unix:'],
      [forwardedFor('unknown'), forwarded('for=203.0.113.9')],
      '',
    ],
    [
      'nonsense in the other of two headers behind a Unix socket',
      '',
      ['unix:'],
      [forwardedFor('203.0.113.9'), forwarded('for=unknown')],
      '',
    ],
    [
      'the peer, though Unix sockets are trusted',
      '192.0.2.1',
      ['unix:'],
      [forwardedFor('1.1.1.1')],
      '192.0.2.1',
    ],
    ['the proxy, where it says nothing', proxy, [proxy], [], proxy],
    ['the proxy, where it says nonsense', proxy, [proxy], [forwardedFor('1.1.1.1, unknown')], proxy],
    ['the proxy, where it names a host', proxy, [proxy], [forwardedFor('evil.example')], proxy],
    ['an odd spelling is no address', proxy, [proxy], [forwardedFor('0x7f.1')], proxy],
    ['an octal spelling is no address', proxy, [proxy], [forwardedFor('0177.0.0.01')], proxy],
    ['without a port', proxy, [proxy], [forwardedFor('203.0.113.9:4711')], '203.0.113.9'],
    ['IPv6', proxy, [proxy], [forwardedFor('2001:DB8::1')], '2001:db8::1'],
    ['IPv6 in brackets with a port', proxy, [proxy], [forwardedFor('[2001:db8::1]:4711')], '2001:db8::1'],
    ['IPv4 inside IPv6', '::ffff:192.0.2.1', [], [], '192.0.2.1'],
    [
      'a proxy seen as IPv4 inside IPv6',
      '::ffff:10.0.0.1',
      [proxy],
      [forwardedFor('203.0.113.9')],
      '203.0.113.9',
    ],
    ['an IPv6 proxy', '::1', ['::1'], [forwardedFor('203.0.113.9')], '203.0.113.9'],
    ['an IPv6 range', '2001:db8::5', ['2001:db8::/32'], [forwardedFor('203.0.113.9')], '203.0.113.9'],
    ['a narrow IPv6 range', '2001:db8::5', ['2001:db8::/64'], [forwardedFor('203.0.113.9')], '203.0.113.9'],
    [
      'the peer, whose address begins as that of an IPv6 proxy',
      '2001:db8::2',
      ['2001:db8::1'],
      [forwardedFor('203.0.113.9')],
      '2001:db8::2',
    ],
    ['Forwarded', proxy, [proxy], [forwarded('for=203.0.113.9;proto=https;by=10.0.0.1')], '203.0.113.9'],
    ['Forwarded, quoted IPv6', proxy, [proxy], [forwarded('for="[2001:db8::1]:47"')], '2001:db8::1'],
    ['Forwarded, the right-most', proxy, [proxy], [forwarded('for=1.1.1.1, for=203.0.113.9')], '203.0.113.9'],
    [
      'Forwarded, with blanks',
      proxy,
      [proxy],
      [forwarded('proto=https; for = " 203.0.113.9 "')],
      '203.0.113.9',
    ],
    ['Forwarded without a client', proxy, [proxy], [forwarded('proto=https')], proxy],
    [
      'one of several proxies, of either kind',
      '10.200.0.1',
      ['::1', '10.100.0.0/16', '10.200.0.0/16'],
      [forwardedFor('203.0.113.119, 10.100.22.33:4711, ::1')],
      '203.0.113.119',
    ],
    ['an address with a word before it is none', proxy, [proxy], [forwardedFor('x203.0.113.9')], proxy],
    ['an address with a word behind it is none', proxy, [proxy], [forwardedFor('203.0.113.9:47x')], proxy],
    ['brackets without a port', proxy, [proxy], [forwardedFor('[2001:db8::1]')], '2001:db8::1'],
    ['brackets with a word behind them are none', proxy, [proxy], [forwardedFor('[2001:db8::1]x')], proxy],
    ['brackets with a word before them are none', proxy, [proxy], [forwardedFor('x[2001:db8::1]')], proxy],
    ['Forwarded that hides the client', proxy, [proxy], [forwarded('for=_hidden')], proxy],
    [
      'both, where they agree',
      proxy,
      [proxy],
      [forwardedFor('203.0.113.9'), forwarded('for=203.0.113.9')],
      '203.0.113.9',
    ],
    [
      'the proxy, where they disagree',
      proxy,
      [proxy],
      [forwardedFor('203.0.113.9'), forwarded('for=1.1.1.1')],
      proxy,
    ],
    ['no address at all', 'nonsense', [proxy], [forwardedFor('203.0.113.9')], ''],
  ])('%s', (_, address, trustProxy, headers, expected) => {
    expect(upgradeRequest({ address, trustProxy, headers }).address).toBe(expected)
  })

  it.each([
    ['192.0.2.1', '192.0.2.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff::', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ])('%s counts as %s', (address, group) => {
    expect(upgradeRequest({ address }).addressGroup).toBe(group)
  })

  it.each([
    '',
    'localhost',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.0/8/8',
    '10.0.0.0/8x',
    '10.0.0',
    '*',
    '::/129',
    5,
  ])('refuses to trust %j', (entry) => {
    expect(() => trustedProxies([entry as string])).toThrow(/neither an address nor a CIDR range/)
  })

  it('refuses anything but a list', () => {
    expect(() => trustedProxies(true as unknown as string[])).toThrow(/give a list of addresses/)
  })
})
