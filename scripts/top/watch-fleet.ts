import { setTimeout as pause } from 'node:timers/promises'
import { AppError } from '../../infra/domain/errors.ts'
import type { TopFacts } from './facts.ts'
import { type Away, frame } from './frame.ts'
import { type Chosen, press } from './keys.ts'
import type { Screen, ScreenEvents } from './screen.ts'

/** What the live picture is made of. */
export interface WatchDeps {
  readonly read: () => Promise<TopFacts>
  readonly open: (events: ScreenEvents) => Screen
  /** epoch ms */
  readonly now: () => number
  readonly everyMs: number
}

/** In words of ours where it is one of our errors; what a driver says may be long and name addresses. */
const whyOf = (error: unknown): string => (error instanceof AppError ? error.message : 'the fleet could not be read')

/** Show the picture until somebody ends it. A server that is away is said to be, and what was read last stays. */
export const watchFleet = async ({ read, open, now, everyMs }: WatchDeps): Promise<void> => {
  const ended = new AbortController()
  let facts: TopFacts | undefined
  let away: Away | undefined
  let chosen: Chosen = { chosen: 0, open: false }
  const draw = (): void => screen.draw(frame(facts, away, { ...screen.size(), ...chosen, keys: true }))
  const screen = open({
    onStale: () => draw(),
    onEnd: () => ended.abort(),
    onPress(bytes) {
      const pressed = press(bytes, chosen, facts?.pools.length ?? 0)
      if (pressed === 'quit') return ended.abort()
      if (pressed === 'suspend') return screen.suspend()
      chosen = pressed
      draw()
    },
  })
  const over = new Promise<void>((resolve) => ended.signal.addEventListener('abort', () => resolve(), { once: true }))
  const look = async (): Promise<void> => {
    try {
      facts = await read()
      away = undefined
    } catch (error) {
      away = { since: away?.since ?? now(), why: whyOf(error) }
    }
  }
  try {
    draw()
    while (!ended.signal.aborted) {
      // A server that hangs must not keep anybody from leaving.
      await Promise.race([look(), over])
      if (ended.signal.aborted) break
      draw()
      await pause(everyMs, undefined, { signal: ended.signal }).catch(() => {})
    }
  } finally {
    screen.close()
  }
}
