import { describe, expect, it } from 'vitest'
import { report } from '../../../../autoscaler/report.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept, aMeasurement } from '../../../fixtures/decisions.ts'

const NINE = Date.parse('2026-11-21T09:00:00Z')
const at = (minute: number) => NINE + minute * 60_000

/** Looks at nine, and each minute after it; every third changes the count. */
const withLooks = async (count: number) => {
  const started = await startAutoscalerApp()
  for (let minute = 0; minute < count; minute += 1) {
    const changed = minute % 3 === 2
    const seen = { at: at(minute), nextAt: at(minute + 1), measurement: aMeasurement({ at: at(minute) }) }
    await started.deps.decisions.begin(
      aKept({ ...seen, ...(changed ? {} : { to: 5, direction: 'none', outcome: 'none' }) }),
    )
  }
  return started
}

describe('the list of decisions', () => {
  it('is newest first, page by page, without a gap', async () => {
    const { ask } = await withLooks(7)
    const seen: string[] = []
    let before = ''
    for (;;) {
      const { body } = await ask('GET', `/v1/pools/checks/decisions?limit=3${before && `&before=${before}`}`)
      seen.push(...body.decisions.map((one: { at: string }) => one.at))
      if (body.next === null) break
      before = body.next
    }
    expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((minute) => new Date(at(minute)).toISOString()))
  })

  it('leaves out what changed nothing, where that is asked for', async () => {
    const { ask } = await withLooks(7)
    const { body } = await ask('GET', '/v1/pools/checks/decisions?changes=true')
    expect(body.decisions.map((one: { to: number }) => one.to)).toEqual([8, 8])
  })

  it('goes back as far as it is asked to', async () => {
    const { ask } = await withLooks(7)
    const { body } = await ask('GET', `/v1/pools/checks/decisions?since=${new Date(at(5)).toISOString()}`)
    expect(body.decisions).toHaveLength(2)
  })

  it.each(['limit=0', 'limit=x', 'before=yesterday', 'since=1', 'changes=1'])('refuses %s', async (query) => {
    const { ask } = await withLooks(1)
    expect((await ask('GET', `/v1/pools/checks/decisions?${query}`)).body.code).toBe('INVALID_REQUEST')
  })
})

it('shows what was seen, forecast, said and done, and says it in the words of the report', async () => {
  const { ask, deps } = await startAutoscalerApp()
  const override = {
    id: '7',
    pool: 'checks',
    kind: 'floor',
    count: 8,
    actor: 'cli:ada',
    reason: 'the campaign starts',
    createdAt: at(-5),
    expiresAt: at(60),
  } as const
  await deps.decisions.begin(aKept({ at: NINE, override, measurement: aMeasurement({ rate: undefined }) }))
  const [kept] = deps.decisions.decisions
  const { body } = await ask('GET', `/v1/pools/checks/decisions/at?time=${new Date(at(1)).toISOString()}`)
  expect(body).toMatchObject({
    pool: 'checks',
    at: '2026-11-21T09:00:00.000Z',
    measurement: { rate: null, waiting: { value: 0, ageMs: 1000 }, bootMs: 180_000 },
    forecast: { low: 45, high: 75, expert: 'blend' },
    override: { ...override, createdAt: '2026-11-21T08:55:00.000Z', expiresAt: '2026-11-21T10:00:00.000Z' },
    without: { schedule: 8, override: 8 },
    outcome: 'applied',
  })
  expect(body.report).toEqual(kept && report(kept))
})

it('knows which decision held at a time, and when there was none yet', async () => {
  const { ask } = await withLooks(3)
  const held = async (minute: number) =>
    (await ask('GET', `/v1/pools/checks/decisions/at?time=${new Date(at(minute)).toISOString()}`)).body
  expect((await held(1.5)).at).toBe(new Date(at(1)).toISOString())
  expect((await held(-1)).code).toBe('DECISION_NOT_FOUND')
  expect((await ask('GET', '/v1/pools/checks/decisions/at')).body.code).toBe('INVALID_REQUEST')
})
