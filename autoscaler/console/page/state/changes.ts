import type { Console } from './console.ts'
import type { Override } from './resources.ts'

const wordsOf = ({ pool, kind, count, actor }: Override): string =>
  `${pool}: ${kind}${count === null ? '' : ` ${count}`} by ${actor}`

/** Say what changes, for those who do not see it: overrides that come and go, counts that change, the connection. */
export const announceChanges = ({ fleet, live, announcer }: Console): void => {
  let known: readonly Override[] | undefined
  fleet.overrides.watch((overrides) => {
    const before = known
    known = overrides
    if (!before || !overrides) return
    const had = new Set(before.map(({ id }) => id))
    const has = new Set(overrides.map(({ id }) => id))
    for (const one of overrides) if (!had.has(one.id)) announcer.say(`Override said: ${wordsOf(one)}`)
    for (const one of before) if (!has.has(one.id)) announcer.say(`Override over: ${wordsOf(one)}`)
  })
  const told = new Map<string, string>()
  fleet.decision.watch((decision) => {
    if (!decision) return told.clear()
    const { id, pool, direction, report } = decision
    const before = told.get(pool)
    told.set(pool, id)
    // What each connection begins with is how everything stands, and no news.
    if (before !== undefined && before !== id && direction !== 'none') announcer.say(report[0] ?? '')
  })
  let kind = live.connection.get().kind
  live.connection.watch((now) => {
    if (now.kind === kind) return
    if (now.kind === 'old') announcer.say('The connection is lost: what is shown is no longer live')
    if (now.kind === 'live' && kind === 'old') announcer.say('Live again')
    kind = now.kind
  })
}
