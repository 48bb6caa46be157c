import { staleBanner } from '../panels/stale-banner.ts'
import { topBar } from '../panels/top-bar.ts'
import type { Console, View } from '../state/console.ts'
import { createLife, type Life } from '../state/life.ts'
import { parseRoute, type Route } from '../state/route.ts'
import { deadLettersView } from './dead-letters-view.ts'
import { driftView } from './drift-view.ts'
import { fleetView } from './fleet-view.ts'
import { jobView } from './job-view.ts'
import { nodesView } from './nodes-view.ts'
import { poolView } from './pool-view.ts'

const viewOf = (console: Console, life: Life, route: Route): View => {
  switch (route.view) {
    case 'pool':
      return poolView(console, life, route.pool)
    case 'job':
      return jobView(console, life, route.id)
    case 'nodes':
      return nodesView(console, life)
    case 'dead-letters':
      return deadLettersView(console, life)
    case 'drift':
      return driftView(console, life)
    case 'fleet':
      return fleetView(console, life)
  }
}

/** Dress the page: what is always there, and below it the view that the address names. */
export const openShell = (console: Console, onSignOut: () => void): void => {
  const main = document.querySelector('main')
  const bar = topBar(console, onSignOut)
  document.querySelector('#top')?.replaceChildren(bar.element, staleBanner(console))
  let life = createLife()
  const show = (isFirst: boolean): void => {
    life.end()
    life = createLife()
    const route = parseRoute(location.hash)
    const { title, element } = viewOf(console, life, route)
    main?.replaceChildren(element)
    document.title = `${title} · Muster`
    bar.mark(route)
    if (isFirst) return
    // A reader hears where he has come to, and goes on from there.
    element.querySelector('h1')?.focus({ preventScroll: true })
    scrollTo(0, 0)
  }
  window.addEventListener('hashchange', () => show(false))
  document.querySelector('.skip')?.addEventListener('click', (event) => {
    event.preventDefault()
    main?.querySelector('h1')?.focus()
  })
  const rightsOf = (session = console.signedIn.session.get()): string => `${session?.key} ${session?.permissions}`
  let rights = rightsOf()
  // Another person, or the same with another role, may do other things.
  console.signedIn.session.watch((session) => {
    if (!session || rightsOf(session) === rights) return
    rights = rightsOf(session)
    show(false)
  })
  show(true)
}
