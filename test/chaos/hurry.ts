/** Shorten this process's pauses, before anything else is loaded: what housekeeping does once a minute is seen often. */
import { createRequire, syncBuiltinESMExports } from 'node:module'

const mostMs = Number(process.env.CHAOS_MOST_PAUSE_MS ?? 0)

if (mostMs > 0) {
  const timers = createRequire(import.meta.url)('node:timers/promises') as typeof import('node:timers/promises')
  const real = timers.setTimeout
  timers.setTimeout = (ms, ...rest) => real(Math.min(ms ?? 0, mostMs), ...rest)
  syncBuiltinESMExports()
}
