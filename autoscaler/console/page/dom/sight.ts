import type { Life } from '../state/life.ts'
import { type Value, value } from '../state/value.ts'

/** Half a window above and below: who scrolls there finds it filled. */
const MARGIN = '50% 0px'

/** Is an element where somebody can see it, or nearly so? Until the browser has told, it is not. */
export const inSight = (element: Element, life: Life): Value<boolean> => {
  const sight = value(false)
  const observer = new IntersectionObserver((told) => sight.set(told.at(-1)?.isIntersecting ?? false), {
    rootMargin: MARGIN,
  })
  observer.observe(element)
  life.onEnd(() => observer.disconnect())
  return sight
}
