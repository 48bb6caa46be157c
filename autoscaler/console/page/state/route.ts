/** Where the page is. */
export type Route =
  | { readonly view: 'fleet' | 'nodes' | 'dead-letters' | 'drift' }
  | { readonly view: 'pool'; readonly pool: string }
  | { readonly view: 'job'; readonly id: string }

const part = (text: string | undefined): string => {
  try {
    return decodeURIComponent(text ?? '')
  } catch {
    return ''
  }
}

/** Read an address. What is none of ours is the fleet. @param hash with its `#` */
export const parseRoute = (hash: string): Route => {
  const [view, rest] = hash.replace(/^#\/?/, '').split('/', 2)
  if (view === 'pools' && rest) return { view: 'pool', pool: part(rest) }
  if (view === 'jobs') return { view: 'job', id: part(rest) }
  if (view === 'nodes' || view === 'dead-letters' || view === 'drift') return { view }
  return { view: 'fleet' }
}

/** The address of a place. */
export const hashOf = (route: Route): string => {
  if (route.view === 'pool') return `#/pools/${encodeURIComponent(route.pool)}`
  if (route.view === 'job') return `#/jobs/${encodeURIComponent(route.id)}`
  return route.view === 'fleet' ? '#/' : `#/${route.view}`
}
