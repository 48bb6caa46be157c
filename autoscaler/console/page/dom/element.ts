/** What may stand inside an element. Nothing at all is left out, so that a condition can be written where it matters. */
export type Child = Node | string | number | false | null | undefined

/** What the page listens to. Kept as properties, so that `morph` can hand them on. */
export const HANDLERS = ['onclick', 'onsubmit', 'onchange', 'oninput', 'onkeydown', 'ontoggle', 'onclose'] as const
type Handler = (typeof HANDLERS)[number]

/** Attributes by name (`false` and undefined = not there), listeners, and `style` by property. */
export type Props = {
  readonly [name: string]:
    | string
    | number
    | boolean
    | undefined
    | null
    | ((event: never) => unknown)
    | Readonly<Record<string, string>>
}

const isHandler = (name: string): name is Handler => (HANDLERS as readonly string[]).includes(name)

const setProp = (element: HTMLElement | SVGElement, name: string, value: Props[string]): void => {
  if (value === undefined || value === null || value === false) return
  if (typeof value === 'function') {
    if (isHandler(name)) (element as unknown as Record<string, unknown>)[name] = value
    return
  }
  if (typeof value === 'object') {
    // Through the object model: the content security policy refuses the attribute.
    for (const [property, text] of Object.entries(value)) element.style.setProperty(property, text)
    return
  }
  element.setAttribute(name, value === true ? '' : String(value))
}

const fill = (element: Element, children: readonly Child[]): void => {
  for (const child of children)
    if (child !== undefined && child !== null && child !== false)
      element.append(typeof child === 'number' ? String(child) : child)
}

/** Make an element. Text is text: nothing here can become markup. */
export const h = <K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(props)) setProp(element, name, value)
  fill(element, children)
  return element
}

/** Make an element of a drawing. */
export const svg = <K extends keyof SVGElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly Child[]
): SVGElementTagNameMap[K] => {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag)
  for (const [name, value] of Object.entries(props)) setProp(element, name, value)
  fill(element, children)
  return element
}
