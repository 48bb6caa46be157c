import { h } from '../dom/element.ts'
import { icon } from '../dom/icon.ts'
import { live } from '../dom/live.ts'
import { asProblem } from '../state/problem.ts'
import { openDialog } from './dialog.ts'

/** Something that a person wants done, and will be told the consequences of first. */
export interface Action {
  readonly title: string
  /** on the button that does it */
  readonly verb: () => string
  /** what else is asked beside the reason */
  readonly fields: readonly HTMLElement[]
  /** what will happen, in words; read again whenever a field changes */
  readonly effect: () => readonly string[]
  /** Do it. @returns what came of it, in words @throws ProblemError */
  readonly send: (reason: string) => Promise<readonly string[]>
  /** it is done, and the dialog is gone */
  readonly onDone?: () => void
  /** the reason was given by somebody else before */
  readonly isConfirmation?: boolean
  /** it takes things away from somebody */
  readonly isGrave?: boolean
}

const MAX_REASON = 300

const lines = (words: readonly string[]): HTMLElement =>
  h('ul', { class: 'lines' }, ...words.map((line) => h('li', {}, line)))

const reasonField = (): { readonly element: HTMLElement; readonly input: HTMLInputElement } => {
  const input = h('input', {
    ...{ id: 'reason', name: 'reason', type: 'text', required: true, maxlength: MAX_REASON, autocomplete: 'off' },
    'aria-describedby': 'reason-note',
  })
  const note = h(
    'span',
    { class: 'quiet', id: 'reason-note' },
    'For whoever wonders later. It is kept in the audit trail.',
  )
  return { element: h('div', { class: 'field' }, h('label', { for: 'reason' }, 'Reason'), input, note), input }
}

/** Ask, say what will happen, do it, and say what came of it. */
export const openAction = (action: Action): void => {
  const { title, verb, fields, effect, send, onDone, isConfirmation, isGrave } = action
  let isDone = false
  const dialog = openDialog(title, 'action', () => isDone && onDone?.())
  const reason = reasonField()
  const consequences = live('div', { class: 'effect', role: 'status' }, () => [
    h('h3', {}, 'What will happen'),
    lines(effect()),
  ])
  const fault = h('div', { class: 'fault', role: 'alert' })
  const go = h('button', { type: 'submit', class: isGrave ? 'primary is-grave' : 'primary' }, verb())
  const cancel = h('button', { type: 'button', onclick: () => dialog.close() }, 'Cancel')

  const succeed = (words: readonly string[]): void => {
    isDone = true
    const close = h('button', { type: 'button', class: 'primary', onclick: () => dialog.close() }, 'Close')
    dialog.fill(
      h(
        'div',
        { class: 'effect is-done', role: 'status' },
        h('h3', {}, icon('well'), 'Done. The autoscaler says:'),
        lines(words),
      ),
      h('div', { class: 'dialog-foot' }, close),
    )
    close.focus()
  }
  const fail = (error: unknown): void => {
    const { message, hint } = asProblem(error)
    fault.replaceChildren(
      h('p', {}, icon('bad'), h('b', {}, 'Not done: '), message, '.'),
      ...(hint ? [h('p', {}, hint)] : []),
    )
    go.disabled = false
  }
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    fault.replaceChildren()
    go.disabled = true
    await send(reason.input.value.trim()).then(succeed, fail)
  }
  const follow = (): void => {
    consequences.refresh()
    go.textContent = verb()
  }
  dialog.fill(
    h(
      'form',
      { onsubmit: submit, oninput: follow },
      ...fields,
      !isConfirmation && reason.element,
      consequences.element,
      fault,
      h('div', { class: 'dialog-foot' }, cancel, go),
    ),
  )
  dialog.element.querySelector<HTMLElement>('form select, form input, form .primary')?.focus()
}
