import { describe, expect, it } from 'vitest'
import { SingleAddress } from './single-address.ts'

function noticed(addresses: readonly string[]): number[] {
  const single = new SingleAddress()
  return addresses.flatMap((address, at) => (single.sees(address) ? [at] : []))
}

describe('SingleAddress', () => {
  it.each(['', '10.0.0.7', '127.0.0.1', '192.168.1.1', '::1', 'fd00::1', '100.64.0.1'])(
    'tells of %s, once',
    (address) => {
      expect(noticed(Array(500).fill(address))).toEqual([99])
    },
  )

  it.each(['203.0.113.7', '2001:db8::1', 'not an address'])('says nothing of %s', (address) => {
    expect(noticed(Array(500).fill(address))).toEqual([])
  })

  it('says nothing where a single connection came from elsewhere', () => {
    expect(noticed([...Array(50).fill('10.0.0.7'), '10.0.0.8', ...Array(500).fill('10.0.0.7')])).toEqual([])
  })
})
