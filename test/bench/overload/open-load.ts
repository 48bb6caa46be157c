import { setTimeout as pause } from 'node:timers/promises'
import { Agent, request } from 'undici'
import { serveParent } from '../child.ts'

/** Requests that come when they come, whether or not the earlier ones were answered. */
export interface OpenLoad {
  readonly urls: readonly string[]
  readonly streams: readonly { readonly name: string; readonly apiKey: string; readonly perSecond: number }[]
  readonly durationMs: number
  readonly waitSeconds: number
}

/** What became of one request. */
export interface Answered {
  readonly stream: string
  /** ms since the load began */
  readonly sentAt: number
  readonly ms: number
  /** HTTP status; 0 = no answer */
  readonly status: number
  /** of the job */
  readonly state: string | undefined
}

const run = async ({ urls, streams, durationMs, waitSeconds }: OpenLoad): Promise<readonly Answered[]> => {
  const dispatcher = new Agent({ connections: null, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 })
  const startedAt = performance.now()
  const answers: Promise<Answered>[] = []

  const send = async (stream: string, apiKey: string): Promise<Answered> => {
    const sentAt = performance.now() - startedAt
    const url = `${urls[answers.length % urls.length]}/v1/no-op`
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      prefer: `wait=${waitSeconds}`,
    }
    const done = (status: number, state?: string): Answered => ({
      ...{ stream, sentAt, status, state },
      ms: performance.now() - startedAt - sentAt,
    })
    try {
      const { statusCode, body } = await request(url, { method: 'POST', headers, body: '{}', dispatcher })
      const { status } = (await body.json()) as { status?: unknown }
      return done(statusCode, typeof status === 'string' ? status : undefined)
    } catch {
      return done(0)
    }
  }

  await Promise.all(
    streams.map(async ({ name, apiKey, perSecond }) => {
      let sentCount = 0
      for (let now = 0; now < durationMs; now = performance.now() - startedAt) {
        // As many as are due by now: a timer that comes late must not lower the rate.
        for (; sentCount < (now * perSecond) / 1000; sentCount += 1) answers.push(send(name, apiKey))
        await pause(5)
      }
    }),
  )
  const all = await Promise.all(answers)
  await dispatcher.close()
  return all
}

serveParent(run)
