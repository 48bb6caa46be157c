import { afterEach, beforeEach } from 'vitest'
import { Muster, type MusterOptions, type Timers } from '../../../../api/client/client.ts'
import { type ScriptedServer, startScriptedServer } from './scripted-server.ts'

/** A JPEG and a PNG by their first bytes, which is as far as a client looks. */
export const JPEG = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
export const PNG = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0, 42])

/** A clock that moves by pauses, which it remembers, and by `advance`. */
export const fakeTimers = () => {
  let nowMs = Date.parse('2026-11-20T09:00:00Z')
  const pauses: number[] = []
  const timers: Timers & { readonly pauses: number[]; advance(ms: number): void } = {
    pauses,
    advance(ms) {
      nowMs += ms
    },
    now: () => nowMs,
    random: () => 0,
    async pause(ms) {
      pauses.push(ms)
      nowMs += ms
    },
  }
  return timers
}

/** A server of its own for each test of the file, and clients for it. */
export const useServer = () => {
  const context = {} as {
    server: ScriptedServer
    timers: ReturnType<typeof fakeTimers>
    /** a client whose pauses take no time */
    muster(options?: MusterOptions): Muster
  }
  beforeEach(async () => {
    const server = await startScriptedServer()
    const timers = fakeTimers()
    context.server = server
    context.timers = timers
    context.muster = (options) => new Muster({ baseUrl: server.url, apiKey: 'muster_live_test', timers, ...options })
  })
  afterEach(() => context.server.close())
  return context
}

/** What a promise was rejected with. @throws Error when it was not */
export const rejection = async (promise: Promise<unknown>): Promise<unknown> => {
  const outcome = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  )
  if ('error' in outcome) return outcome.error
  throw new Error('the promise was fulfilled')
}
