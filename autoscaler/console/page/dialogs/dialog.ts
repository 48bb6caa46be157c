import { type Child, h } from '../dom/element.ts'

let made = 0

/** A window over the page that holds the focus until it is closed. */
export interface Dialog {
  readonly element: HTMLDialogElement
  /** Show this instead of what it shows. */
  fill(...children: readonly Child[]): void
  close(): void
}

/** Open one. Escape closes it, and the focus goes back to where it came from. */
export const openDialog = (title: string, kind: string, onClosed: () => void = () => {}): Dialog => {
  made += 1
  const id = `dialog-${made}-title`
  const body = h('div', { class: 'dialog-body' })
  const element: HTMLDialogElement = h(
    'dialog',
    {
      class: `dialog is-${kind}`,
      'aria-labelledby': id,
      onclose: () => {
        element.remove()
        onClosed()
      },
    },
    h(
      'div',
      { class: 'dialog-head' },
      h('h2', { id }, title),
      h('button', { type: 'button', class: 'plain', 'aria-label': 'Close', onclick: () => element.close() }, '✕'),
    ),
    body,
  )
  document.body.append(element)
  element.showModal()
  return {
    element,
    fill: (...children) => body.replaceChildren(h('div', {}, ...children)),
    close: () => element.close(),
  }
}
