import { UnavailableError } from '../domain/errors.ts'

/** After a call that had to be given up, one call at a time finds out whether the server is back; the others are spared. */
const PAUSE_MS = 1_000

/** Makes calls that nobody waits long for. */
export type AnswerOrLeave = <T>(call: () => Promise<T>) => Promise<T>

const inTime = <T>(answer: Promise<T>, timeoutMs: number): Promise<T> => {
  const { promise, resolve, reject } = Promise.withResolvers<T>()
  // A process that was busy finds the timer and the answer at the same moment: what has arrived is read first.
  const late = () => setImmediate(() => setImmediate(() => reject(new Error('no answer in time'))))
  const timer = setTimeout(late, timeoutMs)
  answer.then(resolve, reject).finally(() => clearTimeout(timer))
  return promise
}

/** @throws UnavailableError at once while the server is away, else after `timeoutMs` without an answer */
export const createAnswerOrLeave = (connected: () => boolean, timeoutMs: number): AnswerOrLeave => {
  let pausedUntil = 0
  let probing = false
  const away = (cause: unknown): UnavailableError => new UnavailableError('redis', cause)

  return async (call) => {
    if (!connected()) throw away(new Error('not connected'))
    const isProbe = pausedUntil > 0
    if (isProbe && (probing || performance.now() < pausedUntil)) throw away(new Error('did not answer just now'))
    probing = isProbe
    try {
      const answer = await inTime(call(), timeoutMs)
      if (isProbe) pausedUntil = 0
      return answer
    } catch (cause) {
      pausedUntil = performance.now() + PAUSE_MS
      throw away(cause)
    } finally {
      if (isProbe) probing = false
    }
  }
}
