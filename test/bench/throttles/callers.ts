import { request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

/** Where checks go, and with what. */
export interface Callee {
  readonly url: string
  readonly key: string
  /** of a JSON body */
  readonly body: string
}

/** One check as a caller sends it: half of the body, a pause, the rest. @returns the status */
const send = ({ url, key, body }: Callee, pauseMs: number): Promise<number> => {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const headers = {
    ...{ authorization: `Bearer ${key}`, 'content-type': 'application/json', prefer: 'wait=60' },
    'content-length': Buffer.byteLength(body),
  }
  const sent = request(`${url}/v1/liveness`, { method: 'POST', headers }, (answer) => {
    answer.resume().on('end', () => resolve(answer.statusCode ?? 0))
  })
  sent.on('error', reject)
  const half = Math.floor(body.length / 2)
  sent.write(body.slice(0, half))
  if (pauseMs > 0) setTimeout(() => sent.end(body.slice(half)), pauseMs)
  else sent.end(body.slice(half))
  return promise
}

/** Callers who come whatever becomes of those before them. @returns their answers, once all have one */
export const sendChecks = async (
  callee: Callee,
  { count, perSecond, pauseMs = 0 }: { readonly count: number; readonly perSecond: number; readonly pauseMs?: number },
): Promise<readonly number[]> => {
  const answers: Promise<number>[] = []
  for (let sent = 0; sent < count; sent += 1) {
    answers.push(send(callee, pauseMs))
    await pause(1_000 / perSecond)
  }
  return Promise.all(answers)
}
