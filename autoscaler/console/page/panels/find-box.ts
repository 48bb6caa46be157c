import { h } from '../dom/element.ts'

/** A box in which to type what is looked for among many. @param id of the field @param onFind told what was typed, at every letter */
export const findBox = (id: string, label: string, onFind: (wanted: string) => void): HTMLElement => {
  const input = h('input', {
    ...{ id, name: id, type: 'search', autocomplete: 'off', spellcheck: 'false' },
    oninput: (event: Event) => onFind((event.target as HTMLInputElement).value),
  })
  return h('div', { class: 'field find' }, h('label', { for: id }, label), input)
}
