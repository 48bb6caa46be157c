import { describe, expect, it } from 'vitest'
import { Lifecycle } from '../../../../infra/runtime/lifecycle.ts'
import { silence } from '../../../fixtures/silence.ts'

const start = (graceMs = 60_000) => new Lifecycle(silence().log, graceMs)

describe('Lifecycle', () => {
  it('ends what was opened last first', async () => {
    const life = start()
    const order: string[] = []
    for (const name of ['pool', 'broker', 'consumer']) life.onStop(name, () => order.push(name))
    expect(await life.stop()).toBe(true)
    expect(order).toEqual(['consumer', 'broker', 'pool'])
  })

  it('goes on after a step that fails, and says that it was not clean', async () => {
    const life = start()
    const order: string[] = []
    life.onStop('first', () => order.push('first'))
    life.onStop('bad', () => {
      throw new Error('boom')
    })
    expect(await life.stop()).toBe(false)
    expect(order).toEqual(['first'])
  })

  it('does not wait for a step longer than the grace', async () => {
    const life = start(5)
    life.onStop('stuck', () => new Promise(() => {}))
    expect(await life.stop()).toBe(false)
  })

  it('stops once, however often it is asked', async () => {
    const life = start()
    let stops = 0
    life.onStop('one', () => {
      stops += 1
    })
    await Promise.all([life.stop(), life.stop()])
    expect(stops).toBe(1)
  })

  it('ends at once what is opened while it stops', async () => {
    const life = start()
    await life.stop()
    const ended = Promise.withResolvers<void>()
    life.onStop('late', () => ended.resolve())
    await ended.promise
  })
})
