import { generateKeyPairSync } from 'node:crypto'
import {
  base64url,
  forge,
  forgeClaims,
  forgeHeader,
  goodClaims,
  goodHeader,
  issuer,
  nowS,
  pairFor,
  secretKey,
  signature,
} from './forge.ts'

const { publicKey, privateKey } = pairFor('ES256')
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const strangerJwk = stranger.publicKey.export({ format: 'jwk' })
const good = forge()
const [h = '', p = '', s = ''] = good.split('.')
const claims = JSON.stringify(goodClaims)
const es = (header: object, payload: object | string = goodClaims, key = privateKey): string =>
  forge({ header: { alg: 'ES256', kid: 'k1', ...header }, payload, signedAs: 'ES256', key })
/** The same forgery, signed for both kinds of verifier, so that the signature is never what gives it away. */
const both = (
  name: string,
  header: Record<string, unknown>,
  payload: object | string | Uint8Array = goodClaims,
): [string, string][] => [
  [`${name} (HS256)`, forge({ header: { ...goodHeader, ...header }, payload })],
  [
    `${name} (ES256)`,
    forge({
      header: { ...goodHeader, alg: 'ES256', kid: 'k1', ...header },
      payload,
      signedAs: 'ES256',
      key: privateKey,
    }),
  ],
]
const withClaims = (name: string, changed: Record<string, unknown>): [string, string][] =>
  both(name, {}, { ...goodClaims, ...changed })
const raw = (name: string, payload: string | Uint8Array): [string, string][] => both(name, {}, payload)

/** Forged by hand, with what is wrong with each. Every one is `invalid_token`, whatever kind of key the verifier has. */
export const forgedTokens: readonly [name: string, token: string][] = [
  // alg
  ['none, without a signature', `${base64url({ alg: 'none' })}.${p}.`],
  ['none, with the signature of another token', `${base64url({ alg: 'none' })}.${p}.${s}`],
  ...['None', 'NONE', 'nOnE', 'none ', '', 'null'].map((alg): [string, string] => [
    `alg ${JSON.stringify(alg)}`,
    `${base64url({ alg })}.${p}.${s}`,
  ]),
  ...[null, 5, true, ['HS256'], { alg: 'HS256' }].map((alg): [string, string] => [
    `alg ${JSON.stringify(alg)}`,
    forgeHeader({ alg }),
  ]),
  ['no alg', forge({ header: { typ: 'JWT' } })],
  ['alg hs256', forgeHeader({ alg: 'hs256' })],
  ['alg HS384, signed so', forgeHeader({ alg: 'HS384' }, { signedAs: 'HS384' })],
  ['alg HS512, signed so', forgeHeader({ alg: 'HS512' }, { signedAs: 'HS512' })],
  ['alg HS1', forgeHeader({ alg: 'HS1' })],
  ['alg RS256 with an HMAC', forgeHeader({ alg: 'RS256' })],
  ['alg ES256 with an HMAC', forgeHeader({ alg: 'ES256' })],
  ['alg HS256 with an ECDSA signature', forge({ header: goodHeader, signedAs: 'ES256', key: privateKey })],
  [
    'alg EdDSA, signed so by a stranger',
    forge({ header: { alg: 'EdDSA' }, signedAs: 'EdDSA', key: pairFor('EdDSA').privateKey }),
  ],
  [
    'alg RS256, signed so by a stranger',
    forge({ header: { alg: 'RS256' }, signedAs: 'RS256', key: pairFor('RS256').privateKey }),
  ],
  ['alg dir', forgeHeader({ alg: 'dir' })],
  ['alg __proto__', forgeHeader({ alg: '__proto__' })],
  ['alg constructor', forgeHeader({ alg: 'constructor' })],
  ['alg twice, the second none', forge({ header: '{"alg":"HS256","alg":"none"}' })],
  // keys of the token's own
  ['a stranger’s signature', es({}, goodClaims, stranger.privateKey)],
  ['a jwk in the header', es({ jwk: strangerJwk }, goodClaims, stranger.privateKey)],
  ['a jku', es({ jku: 'https://evil.example/jwks' }, goodClaims, stranger.privateKey)],
  ['an x5u', es({ x5u: 'https://evil.example/cert' }, goodClaims, stranger.privateKey)],
  ['an x5c', es({ x5c: ['MIIB'] }, goodClaims, stranger.privateKey)],
  [
    'a jwk of type oct',
    forgeHeader({ jwk: { kty: 'oct', k: base64url('x'.repeat(32)) } }, { key: 'x'.repeat(32) }),
  ],
  ['an empty HMAC key', forge({ key: '' })],
  ['a zero HMAC key', forge({ key: new Uint8Array(32) })],
  ['another secret', forge({ key: 'x'.repeat(32) })],
  ['the secret with a blank behind it', forge({ key: `${secretKey} ` })],
  // kid
  ['a kid of 129 characters', forgeHeader({ kid: 'k'.repeat(129) })],
  ...[5, null, ['k1'], { k: 1 }, true].map((kid): [string, string] => [
    `kid ${JSON.stringify(kid)}`,
    forgeHeader({ kid }),
  ]),
  ['a kid that is a path, signed with an empty file', forgeHeader({ kid: '../../../dev/null' }, { key: '' })],
  ['a kid that is SQL', forgeHeader({ kid: "' UNION SELECT 'x'--" }, { key: 'x' })],
  ['a kid that nobody knows, signed by a stranger', es({ kid: 'k2' }, goodClaims, stranger.privateKey)],
  // header
  ...both('crit', { crit: ['exp'] }),
  ...both('an empty crit', { crit: [] }),
  ...both('crit b64, b64 false', { crit: ['b64'], b64: false }),
  ...both('b64 false without crit', { b64: false }),
  ...both('b64 true', { b64: true }),
  ...both('crit with what it names', { crit: ['http://example.invalid/x'], 'http://example.invalid/x': 1 }),
  ...['dpop+jwt', 'id+jwt', 'logout+jwt', 'secevent+jwt', 'jwt2', 'JOSE', ''].flatMap((typ) =>
    both(`typ ${JSON.stringify(typ)}`, { typ }),
  ),
  ...[5, null, ['JWT'], {}].flatMap((typ) => both(`typ ${JSON.stringify(typ)}`, { typ })),
  ['a header that is a list', forge({ header: '[]' })],
  ['a header that is a string', forge({ header: '"HS256"' })],
  ['a header that is null', forge({ header: 'null' })],
  ['a header that is no JSON', forge({ header: '{alg:HS256}' })],
  ['a header with a byte order mark', forge({ header: `\ufeff${JSON.stringify(goodHeader)}` })],
  ['an empty header', `.${p}.${s}`],
  ['encryption asked for', forgeHeader({ enc: 'A256GCM', alg: 'dir' })],
  // form
  ['nothing', ''],
  ['one part', h],
  ['two parts', `${h}.${p}`],
  ['four parts', `${good}.${s}`],
  ['five parts', `${h}.${p}.${s}.${s}.${s}`],
  ['no signature', `${h}.${p}.`],
  ['no payload', `${h}..${s}`],
  ['padding behind it', `${good}=`],
  ['padding inside', `${h}=.${p}.${s}`],
  ['a line end behind it', `${good}\n`],
  ['a blank before it', ` ${good}`],
  ['a NUL behind it', `${good}\u0000`],
  ['the base64 alphabet', `${h}.${p}.${s.replaceAll('-', '+').replaceAll('_', '/')}+/`],
  ['the JSON serialization', JSON.stringify({ protected: h, payload: p, signature: s })],
  [
    'the JSON serialization with a header of its own',
    JSON.stringify({ payload: p, signatures: [{ protected: h, signature: s }] }),
  ],
  ['Bearer before it', `Bearer ${good}`],
  ['quotes around it', `"${good}"`],
  ['a signature that is cut', good.slice(0, -10)],
  ['a signature that is longer', `${good}AAAA`],
  ['a signature of zeros', `${base64url({ alg: 'ES256', kid: 'k1' })}.${p}.${base64url(new Uint8Array(64))}`],
  ['an ECDSA signature in DER', `${base64url({ alg: 'ES256', kid: 'k1' })}.${p}.MEQCIA`],
  ['header and payload swapped', `${p}.${h}.${s}`],
  ['a payload of another token', `${h}.${base64url({ ...goodClaims, sub: 'root' })}.${s}`],
  ['a header of another token', `${base64url({ ...goodHeader, kid: 'x' })}.${p}.${s}`],
  [
    'a signature over the payload alone',
    `${h}.${p}.${signature(p, 'HS256', secretKey).toString('base64url')}`,
  ],
  // payload
  ...raw('a payload that is a list', '[]'),
  ...raw('a payload in a list', `[${claims}]`),
  ...raw('a payload that is null', 'null'),
  ...raw('a payload that is a string', '"ada"'),
  ...raw('a payload that is a number', '5'),
  ...raw('a payload that is no JSON', '{'),
  ...raw('two payloads', `${claims}${claims}`),
  ...raw('a payload with a byte order mark', `\ufeff${claims}`),
  ...raw('a payload that is not UTF-8', Buffer.from(claims.replace('ada', 'ad\u00e4'), 'latin1')),
  ...raw('a payload in UTF-16', Buffer.from(claims, 'utf16le')),
  ...raw('a NUL behind the payload', `${claims}\u0000`),
  ...raw('claims under __proto__', `{"__proto__":${claims}}`),
  ...raw('claims under another name', `{"payload":${claims}}`),
  // exp
  ...raw('no exp', claims.replace(/"exp":\d+,/, '')),
  ...raw('exp 1e400', claims.replace(/"exp":\d+/, '"exp":1e400')),
  ...raw('exp -1e400', claims.replace(/"exp":\d+/, '"exp":-1e400')),
  ...raw('exp beyond safe integers', claims.replace(/"exp":\d+/, '"exp":9007199254740993')),
  ...raw('exp twice, the second long ago', claims.replace(/"exp":(\d+)/, '"exp":$1,"exp":1')),
  ...raw('exp twice, the second far away', claims.replace(/"exp":(\d+)/, '"exp":$1,"exp":99999999999')),
  ...[null, `${nowS + 600}`, true, [nowS + 600], {}, nowS + 600.5, 0, -1, nowS - 60, nowS + 90_000].flatMap(
    (exp) => withClaims(`exp ${JSON.stringify(exp)}`, { exp }),
  ),
  // nbf, iat
  ...[`${nowS}`, null, true, nowS + 60, -1].flatMap((nbf) =>
    withClaims(`nbf ${JSON.stringify(nbf)}`, { nbf }),
  ),
  ...[`${nowS}`, null, {}, nowS + 60, -1].flatMap((iat) => withClaims(`iat ${JSON.stringify(iat)}`, { iat })),
  ...raw('iat 1e400', claims.replace(/"iat":\d+/, '"iat":1e400')),
  // iss
  ...[
    undefined,
    null,
    '',
    5,
    [issuer],
    `${issuer}/`,
    `${issuer}.evil.example`,
    issuer.toUpperCase(),
    `${issuer} `,
  ].flatMap((iss) => withClaims(`iss ${JSON.stringify(iss)}`, { iss })),
  ...raw(
    'iss twice, the second another',
    claims.replace('"iss":', '"iss":"https://id.example","iss":"https://evil.example","x":'),
  ),
  // aud
  ...[
    undefined,
    null,
    '',
    5,
    {},
    [],
    ['mail'],
    ['chat', 5],
    [['chat']],
    'CHAT',
    'chat ',
    'chatter',
    { chat: true },
  ].flatMap((aud) => withClaims(`aud ${JSON.stringify(aud)}`, { aud })),
  // sub, sid, jti
  ...[undefined, null, '', 5, ['ada'], { id: 'ada' }, 'x'.repeat(257)].flatMap((sub) =>
    withClaims(`sub ${JSON.stringify(sub)?.slice(0, 20)}`, { sub }),
  ),
  ...[null, 5, '', 'x'.repeat(257)].flatMap((sid) =>
    withClaims(`sid ${JSON.stringify(sid).slice(0, 20)}`, { sid }),
  ),
  ...[null, 5, '', 'x'.repeat(257)].flatMap((jti) =>
    withClaims(`jti ${JSON.stringify(jti).slice(0, 20)}`, { jti }),
  ),
  [
    'a public key as the secret',
    forgeHeader({ kid: 'k1' }, { key: publicKey.export({ type: 'spki', format: 'pem' }) as string }),
  ],
  ['expired and foreign at once', forgeClaims({ exp: 1, iss: 'x' })],
]
