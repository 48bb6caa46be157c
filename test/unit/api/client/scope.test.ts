import { describe, expect, it } from 'vitest'
import { Scope, systemTimers } from '../../../../api/client/scope.ts'
import { accepted, aJob, finished, problem } from './scripted-server.ts'
import { fakeTimers, JPEG, rejection, useServer } from './setup.ts'

const context = useServer()

/** A signal that counts who listens. */
const countedSignal = () => {
  const { signal } = new AbortController()
  const count = { listeners: 0 }
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  signal.addEventListener = ((...args: Parameters<typeof add>) => {
    count.listeners += 1
    add(...args)
  }) as typeof add
  signal.removeEventListener = ((...args: Parameters<typeof remove>) => {
    count.listeners -= 1
    remove(...args)
  }) as typeof remove
  return { signal, count }
}

describe('Scope', () => {
  it('lets go of the signal of an application that keeps one for many calls', async () => {
    const { server, muster } = context
    const { signal, count } = countedSignal()
    server.will(finished(aJob('liveness')), accepted(), finished(aJob('liveness')), problem(400))
    await muster().liveness({ image: JPEG }, { signal })
    await muster().liveness({ image: JPEG }, { signal, cancelOnAbort: true })
    await rejection(muster().liveness({ image: JPEG }, { signal }))
    expect(server.requests).toHaveLength(4)
    expect(count.listeners).toBe(0)
  })

  it('has no end when the time is Infinity', async () => {
    const timers = fakeTimers()
    const scope = new Scope(timers, Number.POSITIVE_INFINITY)
    await scope.pause(10 ** 9)
    expect([scope.over(), timers.pauses]).toEqual([undefined, [10 ** 9]])
    scope.end()
  })
})

describe('systemTimers', () => {
  it('ends a pause when the signal fires, before or during it', async () => {
    const controller = new AbortController()
    const pause = systemTimers.pause(600_000, controller.signal)
    controller.abort()
    await pause
    await systemTimers.pause(600_000, controller.signal)
    expect(controller.signal.aborted).toBe(true)
  })

  it('ends a pause when its time is over', async () => {
    const { signal } = new AbortController()
    expect(await systemTimers.pause(1, signal)).toBeUndefined()
  })
})
