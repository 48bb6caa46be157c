import { describe, expect, it } from 'vitest'
import type { Api } from '../../../../../../autoscaler/console/page/state/api.ts'
import { createDecisionSteps, type Place } from '../../../../../../autoscaler/console/page/state/decision-steps.ts'
import { ProblemError } from '../../../../../../autoscaler/console/page/state/problem.ts'

const BEGIN = 1_700_000_400_000
const LOOK_MS = 30_000
const iso = (ms: number): string => new Date(ms).toISOString()

/** Looks every half minute, but for an hour after the tenth. */
const INSTANTS = Array.from({ length: 40 }, (_, nth) => BEGIN + nth * LOOK_MS + (nth > 9 ? 3_600_000 : 0))
const NOW = (INSTANTS.at(-1) ?? 0) + 10_000
const KEPT: readonly Place[] = INSTANTS.map((at, nth) => ({ id: String(nth), at: iso(at), nextAt: iso(at + LOOK_MS) }))
const place = (nth: number): Place => KEPT[nth] as Place

const get = async (path: string, query: Readonly<Record<string, string | number | undefined>> = {}) => {
  const { time = '', before = '9', since = '', limit = 50 } = query
  if (!path.endsWith('/at')) {
    const found = KEPT.toReversed().filter(({ at }) => at < before && at >= since)
    return { decisions: found.slice(0, Number(limit)) }
  }
  const held = KEPT.findLast(({ at }) => at <= time)
  if (!held) throw new ProblemError(404, 'DECISION_NOT_FOUND', 'there is none')
  return held
}

describe('steps from decision to decision', () => {
  const steps = createDecisionSteps({ get: get as Api['get'] }, 'checks', () => NOW)
  const idOf = async (step: Promise<Place | undefined>) => (await step)?.id

  it('lead to the next and the one before', async () => {
    expect(await idOf(steps.after(place(3)))).toBe('4')
    expect(await idOf(steps.before(place(3)))).toBe('2')
    expect(await idOf(steps.at(INSTANTS[3] as number))).toBe('3')
  })

  it('lead to the very next one over a time in which nobody looked', async () => {
    expect(await idOf(steps.after(place(9)))).toBe('10')
  })

  it('end at the newest and at the oldest', async () => {
    expect(await steps.after(place(39))).toBeUndefined()
    expect(await steps.before(place(0))).toBeUndefined()
  })

  it('lead on from an instant of which no decision is kept', async () => {
    const early = iso(BEGIN - 600_000)
    expect(await steps.at(BEGIN - 600_000)).toBeUndefined()
    expect(await idOf(steps.after({ id: '', at: early, nextAt: early }))).toBe('0')
  })
})
