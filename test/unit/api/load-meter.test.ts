import { setImmediate as turn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createLoadMeter } from '../../../api/load-meter.ts'
import { UnavailableError } from '../../../infra/domain/errors.ts'

const start = (depth = async () => ({ readyCount: 0, consumerCount: 1 })) => {
  let now = 1_000_000
  const asked: string[] = []
  const meter = createLoadMeter(
    {
      depth: (pool, lane) => {
        asked.push(`${pool}.${lane}`)
        return depth()
      },
    },
    { now: () => now, monotonic: () => now },
    60_000,
  )
  let jobCount = 0
  const submit = (count: number): string[] =>
    Array.from({ length: count }, () => {
      jobCount += 1
      meter.submitted(`job-${jobCount}`, 'pool')
      return `job-${jobCount}`
    })
  const pass = (ms: number): void => {
    now += ms
  }
  return { meter, asked, submit, pass }
}

it('counts the jobs in hand, those of one pool apart from those of another', () => {
  const { meter, submit } = start()
  const [first = ''] = submit(3)
  meter.completed({ id: first, state: 'succeeded' })
  meter.completed({ id: 'a job of somebody else', state: 'succeeded' })
  expect(meter.load('pool', 'interactive').inHandCount).toBe(2)
  expect(meter.load('other', 'interactive').inHandCount).toBe(0)
})

it('tells no rate before the pool was busy for long enough', () => {
  const { meter, submit, pass } = start()
  const ids = submit(200)
  pass(1_000)
  for (const id of ids.slice(0, 100)) meter.completed({ id, state: 'succeeded' })
  expect(meter.load('pool', 'interactive').ratePerSecond).toBeUndefined()
})

it('tells the rate of the last five seconds of a busy pool', () => {
  const { meter, submit, pass } = start()
  const ids = submit(300)
  for (let second = 0; second < 8; second += 1) {
    for (const id of ids.splice(0, 10)) meter.completed({ id, state: second % 2 ? 'succeeded' : 'failed' })
    pass(1_000)
  }
  expect(meter.load('pool', 'interactive')).toMatchObject({ inHandCount: 220, ratePerSecond: 10 })
})

it('does not take jobs that expired for work done', () => {
  const { meter, submit, pass } = start()
  const ids = submit(300)
  for (let second = 0; second < 8; second += 1) {
    for (const id of ids.splice(0, 10)) meter.completed({ id, state: 'expired' })
    pass(1_000)
  }
  expect(meter.load('pool', 'interactive').ratePerSecond).toBe(0)
})

it('forgets a rate once the pool was idle', () => {
  const { meter, submit, pass } = start()
  for (const id of submit(100)) meter.completed({ id, state: 'succeeded' })
  pass(10_000)
  submit(100)
  expect(meter.load('pool', 'interactive').ratePerSecond).toBeUndefined()
})

it('stops counting a job whose completion never came', () => {
  const { meter, submit, pass } = start()
  submit(5)
  pass(60_000)
  submit(1)
  expect(meter.load('pool', 'interactive').inHandCount).toBe(1)
})

it('asks the broker for a depth once a second, lane by lane, without making anybody wait', async () => {
  const { meter, asked, pass } = start(async () => ({ readyCount: 42, consumerCount: 1 }))
  expect(meter.load('pool', 'bulk').depthCount).toBe(0)
  await turn()
  expect(meter.load('pool', 'bulk').depthCount).toBe(42)
  meter.load('pool', 'interactive')
  expect(asked).toEqual(['pool.bulk', 'pool.interactive'])
  pass(1_000)
  meter.load('pool', 'bulk')
  expect(asked).toHaveLength(3)
})

it('turns nobody away when the broker does not answer', async () => {
  const { meter } = start(async () => {
    throw new UnavailableError('the broker', undefined)
  })
  meter.load('pool', 'bulk')
  await turn()
  expect(meter.load('pool', 'bulk').depthCount).toBe(0)
})
