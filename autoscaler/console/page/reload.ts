/**
 * Loads the page again where one of its scripts did not come: over a bad line, or from a process of another release. It
 * stands alone, so that nothing else has to come for it, and runs before the page does, however late it comes: what is said
 * of a script that did not come is said in the order of the scripts.
 */
const AGAIN_MS = 3_000

const onLost = (event: Event): void => {
  // What is wrong inside of a script is no reason: it would be so again.
  if (!(event.target instanceof HTMLScriptElement)) return
  const words = document.createElement('p')
  words.setAttribute('role', 'alert')
  words.textContent = 'Not all of the console could be loaded. It is tried again by itself.'
  document.querySelector('main')?.replaceChildren(words)
  setTimeout(() => location.reload(), AGAIN_MS)
}

// Before whoever it happened to: such events do not rise.
addEventListener('error', onLost, true)
