import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeTriggers, rememberTriggers, type TriggerAnswer, wantedBy } from '../../../../autoscaler/triggers/judge.ts'
import type { Trigger, TriggerReading } from '../../../../infra/domain/trigger.ts'
import { aTrigger, noData, said } from '../../../fixtures/triggers.ts'

const LOOK_MS = 30_000
const START = 1_700_000_000_000

/** Looks at one trigger, half a minute apart. */
const follow = (trigger: Trigger, answers: readonly TriggerAnswer[]): readonly TriggerReading[] => {
  let memory: Parameters<typeof judgeTriggers>[1] = new Map()
  return answers.map((answer, index) => {
    const judged = judgeTriggers([{ trigger, answer }], memory, START + index * LOOK_MS)
    memory = judged.memory
    return judged.readings[0] as TriggerReading
  })
}
const asks = (trigger: Trigger, answers: readonly TriggerAnswer[]) => follow(trigger, answers).map((one) => one.asks)
const last = (trigger: Trigger, answers: readonly TriggerAnswer[]) => follow(trigger, answers).at(-1)

describe('nodes by the value alone', () => {
  it.each<[string, number, Partial<Trigger>, number]>([
    ['rounds up', 340, {}, 7],
    ['is exact where it divides', 350, {}, 7],
    ['takes no node for the way numbers are kept', 0.1 + 0.2, { targetPerNode: 0.1 }, 3],
    ['wants nothing of nothing', 0, {}, 0],
    ['wants nothing of less than nothing', -10, {}, 0],
    ['wants nothing at its activation', 5, { activation: 5 }, 0],
    ['wants a node right above it', 5.1, { activation: 5 }, 1],
    ['knows no nodes below nothing', -3, { activation: -10 }, 0],
    ['asks for no more than its most', 9_999, { maxNodes: 20 }, 20],
  ])('%s', (_, value, overrides, count) => {
    expect(wantedBy(value, aTrigger(overrides))).toBe(count)
  })

  it('never falls when the value rises, and gives each node no more than its share', () => {
    const number = fc.double({ min: -1e9, max: 1e9, noNaN: true })
    const target = fc.double({ min: 1e-3, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(number, number, target, number, (a, b, targetPerNode, activation) => {
        const trigger = aTrigger({ targetPerNode, activation })
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        const count = wantedBy(more, trigger)
        expect(wantedBy(less, trigger)).toBeLessThanOrEqual(count)
        if (more > activation) expect(count * targetPerNode).toBeGreaterThanOrEqual(more * (1 - 1e-6))
        expect(Number.isInteger(count)).toBe(true)
      }),
    )
  })
})

describe('a trigger', () => {
  it('says how it reckons', () => {
    expect(last(aTrigger(), [said(340)])).toMatchObject({
      ...{ state: 'asks', asks: 7, wanted: 7, value: 340, ageMs: 0 },
      why: 'partner-queue 340 / 50 a node = 7 nodes',
    })
    expect(last(aTrigger({ activation: 5 }), [said(3)])).toMatchObject({
      ...{ state: 'quiet', asks: 0, wanted: 0 },
      why: 'partner-queue 3 is not over 5',
    })
  })

  it('waits until a value has held for long enough', () => {
    const trigger = aTrigger({ forMs: 60_000 })
    expect(asks(trigger, [said(100), said(100), said(100), said(100)])).toEqual([0, 0, 2, 2])
    expect(last(trigger, [said(100)])).toMatchObject({ state: 'pending', wanted: 2 })
    expect(last(trigger, [said(100)])?.why).toBe('partner-queue 100 / 50 a node = 2 nodes, not for 60 s yet')
  })

  it('counts the least of that while, so a short peak does not count', () => {
    const trigger = aTrigger({ forMs: 60_000 })
    expect(
      asks(
        trigger,
        [100, 100, 100, 900, 100, 100].map((value) => said(value)),
      ),
    ).toEqual([0, 0, 2, 2, 2, 2])
    expect(
      asks(
        trigger,
        [100, 900, 100, 900].map((value) => said(value)),
      ),
    ).toEqual([0, 0, 2, 2])
  })

  it('rises from one count that held to a higher one that held', () => {
    const trigger = aTrigger({ forMs: 60_000 })
    expect(
      asks(
        trigger,
        [100, 100, 100, 200, 200, 200].map((value) => said(value)),
      ),
    ).toEqual([0, 0, 2, 2, 2, 4])
  })

  it('keeps what it asked for a while after it wants less', () => {
    const trigger = aTrigger({ keepForMs: 60_000 })
    expect(
      asks(
        trigger,
        [340, 100, 100, 0, 0].map((value) => said(value)),
      ),
    ).toEqual([7, 7, 2, 2, 0])
    expect(last(trigger, [said(340), said(100)])?.why).toBe(
      'partner-queue 100 / 50 a node = 2 nodes; 7 nodes stay for 60 s after they were wanted',
    )
  })

  it('goes on with a value that is missing for a moment, and says how old it is', () => {
    const reading = last(aTrigger(), [said(340), noData, noData])
    expect(reading).toMatchObject({ state: 'asks', asks: 7, ageMs: 60_000 })
    expect(reading?.why).toBe('partner-queue 340 / 50 a node = 7 nodes (60 s ago; now no data)')
  })

  it('is unknown when its value is too old, and goes on asking for what it asked for', () => {
    const reading = last(aTrigger(), [said(340), noData, noData, noData, noData])
    expect(reading).toMatchObject({ state: 'unknown', asks: 7, wanted: undefined, value: 340, ageMs: 120_000 })
    expect(reading?.unknownSince).toBe(START + 90_000)
    expect(reading?.why).toBe('partner-queue is unknown for 30 s: no data; 7 nodes stay asked for')
  })

  it('is unknown from the beginning where nothing was ever known', () => {
    expect(last(aTrigger(), [noData])).toMatchObject({ state: 'unknown', asks: 0, value: undefined, ageMs: undefined })
    expect(last(aTrigger(), [noData])?.why).toBe('partner-queue is unknown: no data')
  })

  it('takes an answer that is of a while ago for as old as it is', () => {
    expect(last(aTrigger(), [said(340, 90_000)])).toMatchObject({ state: 'unknown', asks: 0, ageMs: 90_000 })
  })

  it('lets go after as long as its file says, and only then', () => {
    const trigger = aTrigger({ staleAfterMs: 1_000, letGoAfterMs: 60_000 })
    expect(asks(trigger, [said(340), noData, noData, noData, noData])).toEqual([7, 7, 7, 0, 0])
    expect(last(trigger, [said(340), noData, noData, noData])).toMatchObject({ state: 'unknown', letGo: true })
    expect(last(aTrigger({ staleAfterMs: 1_000 }), [said(340), ...Array(9_000).fill(noData)])).toMatchObject({
      asks: 7,
    })
  })

  it('counts what it wants anew after a gap only when that has held', () => {
    const trigger = aTrigger({ forMs: 60_000, staleAfterMs: 1_000 })
    const answers = [said(100), noData, noData, noData, said(100), said(100), said(100)]
    expect(asks(trigger, answers)).toEqual([0, 0, 0, 0, 0, 0, 2])
  })

  it('says what the server warned of', () => {
    const answer = { ...said(340), warnings: ['a store is away'] } as TriggerAnswer
    expect(last(aTrigger(), [answer])?.why).toMatch(/= 7 nodes \(warning: a store is away\)$/)
  })

  it('never asks for more than it may, also when it might ask for more before', () => {
    const memory = judgeTriggers([{ trigger: aTrigger(), answer: said(900) }], new Map(), START).memory
    for (const answer of [said(900), noData]) {
      const trigger = aTrigger({ maxNodes: 4, staleAfterMs: 1_000, keepForMs: 600_000 })
      const { readings } = judgeTriggers([{ trigger, answer }], memory, START + LOOK_MS)
      expect(readings[0]?.asks).toBe(4)
    }
  })
})

describe('another leader', () => {
  const trigger = aTrigger({ forMs: 300_000, keepForMs: 60_000 })
  const before: readonly TriggerReading[] = follow(trigger, Array(12).fill(said(340))).slice(-1)

  it('goes on with what was asked for, without waiting anew', () => {
    const memory = rememberTriggers(before, START)
    const { readings } = judgeTriggers([{ trigger, answer: said(400) }], memory, START + LOOK_MS)
    expect(readings[0]).toMatchObject({ asks: 7, wanted: 8 })
  })

  it('goes on asking when it cannot know', () => {
    const memory = rememberTriggers(before, START)
    const { readings } = judgeTriggers([{ trigger, answer: noData }], memory, START + 600_000)
    expect(readings[0]).toMatchObject({ asks: 7, state: 'unknown' })
  })

  it('trusts no old value of another query', () => {
    const memory = rememberTriggers(before, START)
    const edited = { ...trigger, query: 'sum(other)' }
    const { readings } = judgeTriggers([{ trigger: edited, answer: noData }], memory, START + 1_000)
    expect(readings[0]).toMatchObject({ state: 'unknown', asks: 7, value: undefined })
  })
})

describe('whatever comes', () => {
  const answer = fc.oneof(
    { weight: 3, arbitrary: fc.double({ min: 0, max: 2_000, noNaN: true }).map((value) => said(value)) },
    { weight: 1, arbitrary: fc.constant(noData) },
  )
  const span = fc.integer({ min: 0, max: 20 }).map((looks) => looks * 15_000)
  const triggers = fc.record({ forMs: span, keepForMs: span, staleAfterMs: fc.constantFrom(1_000, 60_000, 300_000) })

  it('asks for no less while it is unknown than before', () => {
    fc.assert(
      fc.property(triggers, fc.array(answer, { minLength: 2, maxLength: 60 }), (times, answers) => {
        const readings = follow(aTrigger(times), answers)
        for (const [index, { state, asks: count }] of readings.entries())
          if (state === 'unknown' && index > 0) expect(count).toBe(readings[index - 1]?.asks)
      }),
    )
  })

  it('asks for no fewer nodes when all values are higher', () => {
    fc.assert(
      fc.property(
        triggers,
        fc.array(answer, { maxLength: 60 }),
        fc.double({ min: 1, max: 5, noNaN: true }),
        (times, answers, factor) => {
          const higher = answers.map((one) => (one.kind === 'value' ? said(one.value * factor) : one))
          const [less, more] = [asks(aTrigger(times), answers), asks(aTrigger(times), higher)]
          for (const [index, count] of less.entries()) expect(more[index]).toBeGreaterThanOrEqual(count)
        },
      ),
    )
  })

  it('asks for what some value of the last while wanted, never for more', () => {
    fc.assert(
      fc.property(triggers, fc.array(answer, { maxLength: 60 }), (times, answers) => {
        const trigger = aTrigger(times)
        let most = 0
        for (const [index, count] of asks(trigger, answers).entries()) {
          const one = answers[index]
          if (one?.kind === 'value') most = Math.max(most, wantedBy(one.value, trigger))
          expect(count).toBeLessThanOrEqual(most)
        }
      }),
    )
  })

  it('reckons the least of the wait and the most of the keeping, as one does by hand', () => {
    const values = fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 50 })
    fc.assert(
      fc.property(values, fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 8 }), (counts, wait, keep) => {
        const trigger = aTrigger({ targetPerNode: 1, forMs: wait * LOOK_MS, keepForMs: keep * LOOK_MS })
        const held = counts.map((_, now) =>
          Math.min(...counts.slice(Math.max(0, now - wait), now + 1), now < wait ? 0 : 9),
        )
        const kept = held.map((_, now) =>
          Math.max(...held.slice(keep === 0 ? now : Math.max(0, now - keep + 1), now + 1)),
        )
        expect(
          asks(
            trigger,
            counts.map((value) => said(value)),
          ),
        ).toEqual(kept)
      }),
    )
  })
})
