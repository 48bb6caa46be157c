import { h } from '../dom/element.ts'

/** A choice of one of several, with its label. */
export const choiceField = (
  name: string,
  label: string,
  options: readonly { readonly value: string; readonly words: string }[],
  chosen: string,
): { readonly element: HTMLElement; readonly input: HTMLSelectElement } => {
  const input = h(
    'select',
    { id: name, name },
    ...options.map(({ value, words }) => h('option', { value, selected: value === chosen }, words)),
  )
  return { element: h('div', { class: 'field' }, h('label', { for: name }, label), input), input }
}

/** Something that must be said in so many words before it is done. */
export const consentField = (
  name: string,
  label: string,
): { readonly element: HTMLElement; readonly input: HTMLInputElement } => {
  const input = h('input', { id: name, name, type: 'checkbox', required: true })
  return { element: h('div', { class: 'field is-consent' }, input, h('label', { for: name }, label)), input }
}

/** A whole number, with its label. */
export const countField = (
  name: string,
  label: string,
  { min, max, value }: { readonly min: number; readonly max: number; readonly value: number },
): { readonly element: HTMLElement; readonly input: HTMLInputElement } => {
  const input = h('input', {
    id: name,
    name,
    type: 'number',
    inputmode: 'numeric',
    required: true,
    min,
    max,
    step: 1,
    value,
  })
  return {
    element: h(
      'div',
      { class: 'field' },
      h('label', { for: name }, label),
      input,
      h('span', { class: 'quiet' }, `${min} to ${max}`),
    ),
    input,
  }
}
