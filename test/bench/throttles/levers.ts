import { setTimeout as pause } from 'node:timers/promises'
import type { Delivery } from '../../../infra/ports/job-queue.ts'
import type { Around } from '../../../infra/runtime/around.ts'

/** Calls of adapters that can be made slow: `<port>.<method>`. */
const SLOWED = [
  'blobs.put',
  'blobs.get',
  'codec.decode',
  'jobs.insert',
  'jobs.claim',
  'jobs.finish',
  'queue.publish',
] as const
export type Slowed = (typeof SLOWED)[number]

/** What is done to a system under test; nothing unless set. */
export interface Levers {
  /** so much longer takes a call, in ms */
  slow: Partial<Record<Slowed | 'queue.complete', number>>
  /** messages stay on their way to the workers */
  held: boolean
  /** let go of what was held */
  release(): void
  readonly around: Around
}

type Method = (...args: readonly unknown[]) => unknown

/** Builds levers, and what goes around the adapters. */
export const createLevers = (): Levers => {
  const waiting: (() => void)[] = []

  const slowed = (name: Slowed, method: Method): Method => {
    return async (...args) => {
      const ms = levers.slow[name] ?? 0
      if (ms > 0) await pause(ms)
      return method(...args)
    }
  }
  /** Nobody waits for a completion: it only goes later. */
  const later = (method: Method): Method => {
    return (...args) => void setTimeout(() => method(...args), levers.slow['queue.complete'] ?? 0)
  }
  const holding = (method: Method): Method => {
    return (...args) => {
      const onDelivery = args[3] as (delivery: Delivery) => void
      const hold = (delivery: Delivery): void => {
        if (levers.held) waiting.push(() => onDelivery(delivery))
        else onDelivery(delivery)
      }
      return method(...args.slice(0, 3), hold)
    }
  }

  const levers: Levers = {
    slow: {},
    held: false,
    release() {
      levers.held = false
      for (const one of waiting.splice(0)) one()
    },
    around: (port, adapter) =>
      new Proxy(adapter, {
        get(target, key) {
          const found: unknown = Reflect.get(target, key, target)
          if (typeof found !== 'function') return found
          const method = found.bind(target) as Method
          const name = SLOWED.find((one) => one === `${port}.${String(key)}`)
          if (name) return slowed(name, method)
          if (port === 'queue' && key === 'complete') return later(method)
          return port === 'queue' && key === 'consume' ? holding(method) : method
        },
      }),
  }
  return levers
}
