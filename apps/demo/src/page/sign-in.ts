import { type Credentials, nameLength, passwordLength, type SignedIn } from '../shared/api.ts'
import { logIn, signUp } from './account.ts'
import { Refused } from './api.ts'
import { h } from './dom.ts'
import { handshakePicture } from './handshake-picture.ts'

type Mode = 'log-in' | 'sign-up'

const modes = {
  'log-in': { title: 'Sign in', send: logIn, password: 'current-password' },
  'sign-up': { title: 'Create account', send: signUp, password: 'new-password' },
} as const

const nameHint = `${nameLength.least} to ${nameLength.most} letters, digits, dots or dashes`

/** The way in: a name and a password over HTTP, which give the token that the socket is opened with. */
export function signInView(accounts: boolean, onSignedIn: (signedIn: SignedIn) => void): HTMLElement {
  const name = h('input', {
    id: 'name',
    name: 'name',
    autocomplete: 'username',
    autocapitalize: 'none',
    spellcheck: 'false',
    required: true,
    minlength: nameLength.least,
    maxlength: nameLength.most,
    pattern: String.raw`\s*[\p{L}\p{N}][\p{L}\p{N}._\-]*\s*`,
    title: nameHint,
    'aria-describedby': 'name-hint',
  })
  const hints = [
    h('p', { id: 'name-hint', class: 'hint' }, `${nameHint}.`),
    h(
      'p',
      { id: 'password-hint', class: 'hint' },
      `${passwordLength.least} characters or more. Any will do: it stays on this machine, hashed.`,
    ),
  ] as const
  const password = h('input', {
    id: 'password',
    name: 'password',
    type: 'password',
    required: true,
    minlength: passwordLength.least,
    maxlength: passwordLength.most,
    'aria-describedby': 'password-hint',
  })
  const submit = h('button', { type: 'submit', class: 'primary wide' })
  const wrong = h('p', { class: 'form-error', role: 'alert' })
  let mode: Mode = accounts ? 'log-in' : 'sign-up'

  const choices = (['sign-up', 'log-in'] as const).map((value) => {
    const radio = h('input', { type: 'radio', name: 'mode', value, checked: value === mode })
    radio.addEventListener('change', () => choose(value))
    return h('label', {}, radio, h('span', {}, modes[value].title))
  })

  function choose(value: Mode): void {
    mode = value
    submit.textContent = modes[mode].title
    password.setAttribute('autocomplete', modes[mode].password)
    for (const hint of hints) hint.hidden = mode === 'log-in'
    wrong.textContent = ''
  }
  choose(mode)

  async function send(): Promise<void> {
    const credentials: Credentials = { name: name.value.trim(), password: password.value }
    submit.disabled = true
    wrong.textContent = ''
    try {
      onSignedIn(await modes[mode].send(credentials))
    } catch (error) {
      wrong.textContent = error instanceof Refused ? error.message : 'The server does not answer.'
      if (error instanceof Refused && error.error === 'name_taken') name.focus()
      else password.focus()
    } finally {
      submit.disabled = false
    }
  }

  const form = h(
    'form',
    { class: 'card sign-in-form', 'aria-labelledby': 'form-title' },
    h('h2', { id: 'form-title' }, 'Join the room'),
    h(
      'fieldset',
      { class: 'segmented' },
      h('legend', { class: 'hidden' }, 'Have you been here before?'),
      ...choices,
    ),
    h('label', { for: 'name' }, 'Name'),
    name,
    hints[0],
    h('label', { for: 'password' }, 'Password'),
    password,
    hints[1],
    wrong,
    submit,
  )
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    void send()
  })

  return h(
    'div',
    { class: 'sign-in' },
    h(
      'section',
      { class: 'intro', 'aria-labelledby': 'intro-title' },
      h('h2', { id: 'intro-title' }, 'A WebSocket that knows who you are'),
      h(
        'p',
        {},
        'A browser cannot put a token into the headers of a WebSocket. So the page connects without one, sends it as the first message, and nothing else passes until the server said ',
        h('code', {}, 'auth_ok'),
        '.',
      ),
      handshakePicture(),
      h('p', {}, 'Sign in, watch each frame, then break the connection on purpose and see it come back.'),
    ),
    form,
  )
}
