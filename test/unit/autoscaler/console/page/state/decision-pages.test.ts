import { describe, expect, it } from 'vitest'
import {
  createDecisionPages,
  type DecisionPage,
} from '../../../../../../autoscaler/console/page/state/decision-pages.ts'
import { toDecisionResource } from '../../../../../../autoscaler/routes/decision-resource.ts'
import { aKept } from '../../../../../fixtures/decisions.ts'

const BEGIN = 1_700_000_400_000
const { signal } = new AbortController()

/** An autoscaler that decides when it is told to, and answers as the real one does. */
const anAutoscaler = () => {
  const kept = Array.from({ length: 40 }, (_, index) => index)
  const at = (nth: number): string => new Date(BEGIN + nth * 60_000).toISOString()
  const decide = (count: number): void => {
    for (let index = 0; index < count; index += 1) kept.push(kept.length)
  }
  const ask = async (query: { limit: number; before?: string; since?: string }): Promise<DecisionPage> => {
    const { limit, before = '9', since = '' } = query
    const found = kept.toReversed().filter((nth) => at(nth) < before && at(nth) >= since)
    const shown = found.slice(0, limit)
    const last = shown.at(-1)
    const decisions = shown.map((nth) => ({
      ...toDecisionResource(aKept({ at: BEGIN + nth * 60_000 })),
      id: String(nth),
    }))
    return { decisions, next: found.length > limit && last !== undefined ? at(last) : null }
  }
  return { ask, decide }
}

const idsOf = ({ decisions }: DecisionPage): readonly number[] => decisions.map(({ id }) => Number(id))
const down = (from: number, to: number): readonly number[] =>
  Array.from({ length: from - to + 1 }, (_, index) => from - index)

describe('pages of decisions', () => {
  it('are the newest one until somebody reaches back', async () => {
    const { ask, decide } = anAutoscaler()
    const pages = createDecisionPages(ask)
    decide(100)
    expect(idsOf(await pages.newest(signal))).toEqual(down(139, 128))
  })

  it('have no hole where decisions came after somebody reached back', async () => {
    const { ask, decide } = anAutoscaler()
    const pages = createDecisionPages(ask)
    await pages.reachBack((await pages.newest(signal)).next ?? '')
    decide(5)
    expect(idsOf(await pages.newest(signal))).toEqual(down(44, 16))
    await pages.reachBack((await pages.newest(signal)).next ?? '')
    decide(1)
    const all = await pages.newest(signal)
    expect(idsOf(all)).toEqual(down(45, 4))
    await pages.reachBack(all.next ?? '')
    expect(await pages.newest(signal)).toMatchObject({ next: null })
    expect(idsOf(await pages.newest(signal))).toEqual(down(45, 0))
  })

  it('begin anew where more was decided than is told of at once', async () => {
    const { ask, decide } = anAutoscaler()
    const pages = createDecisionPages(ask)
    await pages.reachBack((await pages.newest(signal)).next ?? '')
    decide(300)
    expect(idsOf(await pages.newest(signal))).toEqual(down(339, 140))
    expect(idsOf(await pages.newest(signal))).toEqual(down(339, 328))
  })

  it('take a page in once, however often it is asked for, and none that was asked for before they began anew', async () => {
    const { ask } = anAutoscaler()
    const pages = createDecisionPages(ask)
    const { next } = await pages.newest(signal)
    await Promise.all([pages.reachBack(next ?? ''), pages.reachBack(next ?? '')])
    expect(idsOf(await pages.newest(signal))).toEqual(down(39, 16))
    const late = pages.reachBack((await pages.newest(signal)).next ?? '')
    pages.startAnew()
    await late
    expect(idsOf(await pages.newest(signal))).toEqual(down(39, 28))
  })
})
