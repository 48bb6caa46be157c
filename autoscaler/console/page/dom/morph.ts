import { HANDLERS } from './element.ts'

/** What a person has done to an element, and a new picture must not undo. */
const KEPT_ATTRIBUTES: ReadonlySet<string> = new Set(['open', 'style'])

const keyOf = (node: Node): string | undefined =>
  node instanceof Element ? (node.getAttribute('data-key') ?? undefined) : undefined

const isSameKind = (a: Node, b: Node): boolean =>
  a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b)

const morphAttributes = (current: Element, next: Element): void => {
  for (const { name } of [...current.attributes])
    if (!next.hasAttribute(name) && !KEPT_ATTRIBUTES.has(name)) current.removeAttribute(name)
  for (const { name, value } of [...next.attributes])
    if (!KEPT_ATTRIBUTES.has(name) && current.getAttribute(name) !== value) current.setAttribute(name, value)
  const [shown, wanted] = [current as HTMLElement, next as HTMLElement]
  // The text of the style goes through the object model: the content security policy refuses the attribute.
  if (shown.style.cssText !== wanted.style.cssText) shown.style.cssText = wanted.style.cssText
  for (const handler of HANDLERS)
    if (shown[handler as 'onclick'] !== wanted[handler as 'onclick'])
      shown[handler as 'onclick'] = wanted[handler as 'onclick']
}

const morphNode = (current: Node, next: Node): void => {
  if (current instanceof Element && next instanceof Element) {
    morphAttributes(current, next)
    morphChildren(current, next)
    return
  }
  if (current.nodeValue !== next.nodeValue) current.nodeValue = next.nodeValue
}

const morphChildren = (current: Element, next: Element): void => {
  const keyed = new Map(
    [...current.children].flatMap((child) => (keyOf(child) ? [[keyOf(child), child] as const] : [])),
  )
  let cursor: ChildNode | null = current.firstChild
  for (const wanted of [...next.childNodes]) {
    const key = keyOf(wanted)
    const match = key === undefined ? cursor : keyed.get(key)
    if (!match || !isSameKind(match, wanted)) {
      current.insertBefore(wanted, cursor)
      continue
    }
    if (match === cursor) cursor = cursor.nextSibling
    else current.insertBefore(match, cursor)
    morphNode(match, wanted)
  }
  while (cursor) {
    const gone: ChildNode = cursor
    cursor = cursor.nextSibling
    gone.remove()
  }
}

/**
 * Make what is shown equal to what is wanted by the least that has to change: focus, selection, what is unfolded and what
 * was typed stay as they are. Children with a `data-key` are recognised by it, others by their place.
 */
export const morph = (current: Element, next: Element): void => morphChildren(current, next)
