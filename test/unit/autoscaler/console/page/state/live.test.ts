import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLiveStream } from '../../../../../../autoscaler/console/page/state/live.ts'

const SILENCE_MS = 35_000

/** Ends when it is given up, as `fetch` does. */
const never = (_path: string, _headers: unknown, signal: AbortSignal) =>
  new Promise<Response>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason))
  })

describe('the live stream', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.stubGlobal('window', globalThis)
  })
  afterEach(() => {
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  const streamOf = (stream: typeof never) =>
    createLiveStream({ api: { stream }, onEvent: () => {}, now: Date.now, random: () => 1 })

  it('gives up and tries again where nobody answers at all', async () => {
    let count = 0
    const live = streamOf((...args) => {
      count += 1
      return never(...args)
    })
    live.start()
    await vi.advanceTimersByTimeAsync(SILENCE_MS)
    expect(live.connection.get()).toMatchObject({ kind: 'old', heardAt: undefined })
    await vi.advanceTimersByTimeAsync(SILENCE_MS)
    expect(count).toBe(2)
    live.stop()
  })

  it('gives up one that began and then fell silent', async () => {
    const silent = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode('retry: 2000\n\n')),
    })
    const live = streamOf((_path, _headers, signal) => {
      const body = silent.pipeThrough(new TransformStream<Uint8Array, Uint8Array>(), { signal })
      return Promise.resolve(new Response(body))
    })
    live.start()
    await vi.advanceTimersByTimeAsync(1_000)
    expect(live.connection.get().kind).toBe('live')
    await vi.advanceTimersByTimeAsync(SILENCE_MS)
    expect(live.connection.get().kind).toBe('old')
    live.stop()
  })
})
