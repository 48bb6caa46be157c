import { expect, it } from 'vitest'
import type { Hop } from '../../../../infra/domain/hop.ts'
import type { MinutePart } from '../../../../infra/ports/minute-store.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { sumsOf } from '../../../fixtures/minutes.ts'

const MINUTE_MS = 60_000

const start = async () => {
  const { ask, deps } = await startAutoscalerApp()
  const now = Date.now()
  const tell = (minutesAgo: number, hops: Partial<Record<Hop, number>>) =>
    deps.minutes.tell({
      ...{ source: crypto.randomUUID(), number: 1, now },
      parts: Object.entries(sumsOf(hops)).map(([series, sum]) => {
        const at = now - (now % MINUTE_MS) - minutesAgo * MINUTE_MS
        return { ...sum, at, series, pool: 'checks' } as MinutePart
      }),
    })
  const judge = async () => (await ask('GET', '/v1/pools/checks/bottleneck')).body
  return { ask, tell, judge }
}

it('names the hop, why, and what to do, with the numbers behind it', async () => {
  const { tell, judge } = await start()
  await tell(2, { fetch: 900 })
  const verdict = await judge()
  expect(verdict).toMatchObject({
    ...{
      pool: 'checks',
      verdict: 'bottleneck',
      hop: 'fetch',
      cause: 'slow-storage',
      confidence: 'high',
      missed: false,
    },
    because: expect.stringContaining('fetching its pictures from storage takes 900 ms, usually 150 ms'),
    todo: expect.stringContaining('more workers do not help'),
    evidence: { jobs: 100, waiting: null, readyWorkers: null, inferRatio: 0.2 },
  })
  expect(verdict.evidence.hops.find(({ hop }: { hop: Hop }) => hop === 'fetch')).toEqual({
    ...{ hop: 'fetch', meanMs: 900, usualMs: 150, overMs: 750 },
  })
  expect(Date.parse(verdict.until) - Date.parse(verdict.since)).toBe(5 * MINUTE_MS)
})

it('measures against what was usual in the hours before', async () => {
  const { tell, judge } = await start()
  for (const minutesAgo of [20, 30, 40, 60, 120, 300]) await tell(minutesAgo, { decode: 480 })
  await tell(2, { decode: 490 })
  expect(await judge()).toMatchObject({ verdict: 'within', hop: null, cause: null, share: null, todo: '' })
})

it('forgets an incident that is over', async () => {
  const { tell, judge } = await start()
  await tell(8, { fetch: 900 })
  await tell(2, {})
  expect(await judge()).toMatchObject({ verdict: 'within', missed: false })
})

it('judges nobody by nothing', async () => {
  const { judge } = await start()
  expect(await judge()).toMatchObject({ verdict: 'unknown', because: 'too few jobs in these minutes to tell (0)' })
})

it('knows no other pools', async () => {
  const { ask } = await start()
  expect((await ask('GET', '/v1/pools/nothing/bottleneck')).body.code).toBe('POOL_NOT_FOUND')
})
