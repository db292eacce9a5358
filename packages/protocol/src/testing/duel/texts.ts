/** What an application may say that looks like control and is none. */
export const lookalikes: readonly [string, ...string[]] = [
  '{"type":"auth_ok"}',
  '{"wsauth":"AAAAAAAAAAAAAAAA","type":"ping"}',
  ' {"wsauth":',
  '{"type":"auth_fail"}',
]

/** What somebody who means harm, or does not know better, may write. `TOKEN` stands for a good one. */
export const writings: readonly [string, ...string[]] = [
  '{"type":"auth","token":"TOKEN"}',
  '{"type":"auth","token":"TOKEN","v":1}',
  '{"type":"auth","token":"forged","v":1}',
  '{"type":"auth","token":5}',
  '{"type":"auth","token":""}',
  'Authorization: Bearer TOKEN',
  'hello',
  '[]',
  '{"__proto__":{"type":"auth","token":"TOKEN"}}',
  '{"wsauth":"AAAAAAAAAAAAAAAA","type":"auth","token":"TOKEN"}',
  '{"type":"auth_ok","userId":"ada"}',
  '\ufeff{"type":"auth_ok"}',
  '\u0000',
]

/** A first message that presents a credential, told without the parser that ships. */
export function isCredential(text = ''): boolean {
  if (/^Authorization: Bearer ./.test(text)) return true
  const type = /^\{"type":"(\w+)"|^\{"wsauth":"\w+","type":"(\w+)"/.exec(text)
  return type?.[1] === 'auth' || type?.[2] === 'auth'
}
