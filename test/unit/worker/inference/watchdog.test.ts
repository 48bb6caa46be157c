import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { createWatchdog } from '../../../../worker/inference/watchdog.ts'

const spin = (ms: number) => {
  const end = performance.now() + ms
  while (performance.now() < end);
}

describe('a watchdog', () => {
  it('calls out once it was not fed in time', async () => {
    const silence = Promise.withResolvers<string>()
    createWatchdog(10, () => silence.resolve('silence')).feed()
    await expect(silence.promise).resolves.toBe('silence')
  })

  it('keeps quiet once it is stopped, also when it was fed before', async () => {
    let calls = 0
    const stopped = createWatchdog(5, () => {
      calls += 1
    })
    const other = Promise.withResolvers<void>()
    stopped.feed()
    stopped.feed()
    stopped.stop()
    createWatchdog(20, other.resolve).feed()
    await other.promise
    expect(calls).toBe(0)
  })

  it('reads what arrived while this thread itself was stopped before it calls out', async () => {
    const { port1, port2 } = new MessageChannel()
    const calls: string[] = []
    const watchdog = createWatchdog(20, () => calls.push('silence'))
    const arrived = Promise.withResolvers<void>()
    port2.on('message', () => {
      calls.push('message')
      watchdog.stop()
      arrived.resolve()
    })
    // From here the event loop turns to timers before it turns to messages.
    await new Promise((resolve) => setImmediate(resolve))
    watchdog.feed()
    port1.postMessage('sign of life')
    spin(60)
    await arrived.promise
    const later = Promise.withResolvers<void>()
    createWatchdog(40, later.resolve).feed()
    await later.promise
    port1.close()
    expect(calls).toEqual(['message'])
  })
})
