import { appendFileSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import type { Around } from '../../infra/runtime/around.ts'

/** In the campaign's folder: the point at which the next process to pass it dies. */
export const ARMED = 'armed'
/** One line for each point a process has, when it opens its adapters. */
export const POINTS = 'points'
/** One line for each point a process has passed, and will pass again. */
export const PASSED = 'passed'
/** One line for each point that was armed. */
export const TRIED = 'tried'
/** One line for each death: the point, and the pid. */
export const FIRED = 'fired'

type Method = (...args: unknown[]) => unknown

const isMethod = (value: unknown): value is Method => typeof value === 'function'

/** Questions that change nothing are no steps, and an end is not a step to die before. */
const NO_STEP = new Set(['trouble', 'healthy', 'close', 'end'])

/** Of an object that a factory made, or of an instance of a class. */
const methodsOf = (adapter: object): readonly (readonly [string, Method])[] => {
  const proto = Object.getPrototypeOf(adapter) as object
  const inherited = proto === Object.prototype ? [] : Object.getOwnPropertyNames(proto)
  const names = [...Object.keys(adapter), ...inherited.filter((name) => name !== 'constructor')]
  return names.flatMap((name) => {
    const value = Reflect.get(adapter, name) as unknown
    return isMethod(value) && !NO_STEP.has(name) ? [[name, value] as const] : []
  })
}

/** The kernel ends the process during the first of these; the wait is for machines where it takes a moment. */
const die = (): void => {
  process.kill(process.pid, 'SIGKILL')
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10_000)
}

const createPass = (dir: string) => {
  const passed = new Set<string>()
  const armed = join(dir, ARMED)
  return (point: string) => {
    if (!passed.has(point)) appendFileSync(join(dir, PASSED), `${point}\n`)
    passed.add(point)
    try {
      if (readFileSync(armed, 'utf8') !== point) return
      // The one that can take it away dies of it; everybody else goes on.
      renameSync(armed, `${armed}.${process.pid}`)
    } catch {
      return
    }
    appendFileSync(join(dir, FIRED), `${point} ${process.pid}\n`)
    die()
  }
}

/**
 * Named points before and after every call that a process makes to the world: `worker before:jobs.finish`. At the armed
 * one the process dies as if its machine had lost power. The file is taken away first, so the one started in its place lives.
 * @param role `api` or `worker`
 */
export const crashPoints = (dir: string, role: string): Around => {
  const pass = createPass(dir)
  const at = (when: 'before' | 'after', call: string) => `${role} ${when}:${call}`

  const wrap = <T extends object>(name: string, adapter: T): T => {
    const wrapped = Object.create(adapter) as Record<string, unknown>
    for (const [key, value] of methodsOf(adapter)) {
      const call = `${name}.${key}`
      wrapped[key] = (...args: unknown[]) => {
        pass(at('before', call))
        const answer = Reflect.apply(
          value,
          adapter,
          args.map((arg) => within(call, arg)),
        )
        if (!(answer instanceof Promise)) {
          pass(at('after', call))
          return answer
        }
        return answer.then((result: unknown) => {
          pass(at('after', call))
          return result
        })
      }
    }
    return wrapped as T
  }

  /** Deliveries come in through a callback, and settling them is a step like any other. */
  const within = (call: string, arg: unknown): unknown =>
    call === 'queue.consume' && isMethod(arg) ? (delivery: object) => arg(wrap('delivery', delivery)) : arg

  return (name, adapter) => {
    const calls = methodsOf(adapter).map(([key]) => `${name}.${key}`)
    const own = name === 'queue' && role === 'worker' ? [...calls, 'delivery.ack', 'delivery.handBack'] : calls
    const points = own.flatMap((call) => [at('before', call), at('after', call)])
    appendFileSync(join(dir, POINTS), points.map((point) => `${point}\n`).join(''))
    return wrap(name, adapter)
  }
}
