import { h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import type { Console } from '../state/console.ts'
import { asProblem, type ProblemError } from '../state/problem.ts'
import type { Session } from '../state/resources.ts'
import { openDialog } from './dialog.ts'

const wordsOf = ({ status, message }: ProblemError): string => {
  if (status === 401) return 'This key is not good: it is unknown, revoked or expired.'
  if (status === 403)
    return 'This key is good, but may not look at the fleet: it is of another tenant, or is limited to some tasks.'
  return `It could not be tried: ${message}.`
}

/** Ask the autoscaler whose key it is. @throws ProblemError; then the key of before is there again */
const tryKey = async ({ api, signedIn }: Console, key: string): Promise<Session> => {
  const before = signedIn.key()
  signedIn.offer(key)
  try {
    const session = await api.get<Session>('session')
    signedIn.keep(key, session)
    return session
  } catch (error) {
    signedIn.offer(before ?? '')
    throw error
  }
}

const keyField = () =>
  h('input', {
    ...{ id: 'key', name: 'key', type: 'password', required: true, autocomplete: 'off', spellcheck: 'false' },
    'aria-describedby': 'key-note',
  })

/**
 * Ask for a key over whatever is shown, which stays as it is.
 * @param why it is asked for, where that is not plain
 * @returns once somebody is signed in
 */
export const signIn = (console: Console, why: string): Promise<void> =>
  new Promise((resolve) => {
    const dialog = openDialog('Sign in to Muster', 'sign-in')
    // Without a key there is nothing to see: it cannot be waved away.
    dialog.element.querySelector('.dialog-head button')?.remove()
    dialog.element.addEventListener('cancel', (event) => event.preventDefault())
    dialog.element.addEventListener('keydown', (event) => event.key === 'Escape' && event.preventDefault())
    const input = keyField()
    const fault = h('div', { class: 'fault', role: 'alert' })
    const go = h('button', { type: 'submit', class: 'primary' }, 'Sign in')
    const submit = async (event: SubmitEvent): Promise<void> => {
      event.preventDefault()
      go.disabled = true
      fault.replaceChildren()
      try {
        await tryKey(console, input.value.trim())
        dialog.close()
        resolve()
      } catch (error) {
        fault.replaceChildren(h('p', {}, icon('bad'), wordsOf(asProblem(error))))
        input.select()
        input.focus()
      }
      go.disabled = false
    }
    dialog.fill(
      h(
        'form',
        { onsubmit: submit },
        why && h('p', { class: 'trouble' }, icon('watch'), why),
        h('div', { class: 'field' }, h('label', { for: 'key' }, 'API key'), input),
        h(
          'p',
          { class: 'quiet', id: 'key-note' },
          'A key of the tenant that runs this installation. It is kept in this tab until you sign out or close it.',
        ),
        fault,
        h('div', { class: 'dialog-foot' }, go),
      ),
    )
    input.focus()
  })
