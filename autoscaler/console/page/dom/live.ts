import { type Child, h, type Props } from './element.ts'
import { morph } from './morph.ts'

/** An element whose content follows what it is made from. */
export interface Live {
  readonly element: HTMLElement
  refresh(): void
}

/** Make one. @param render its content as it is now; called again at every refresh */
export const live = (tag: keyof HTMLElementTagNameMap, props: Props, render: () => readonly Child[]): Live => {
  const element: HTMLElement = h(tag, props, ...render())
  return {
    element,
    refresh: () => morph(element, h(tag, {}, ...render())),
  }
}
