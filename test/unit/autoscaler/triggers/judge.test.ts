import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { judgeTriggers, rememberTriggers, wantedBy } from '../../../../autoscaler/triggers/judge.ts'
import type { TriggerAnswer } from '../../../../autoscaler/triggers/trigger-look.ts'
import type { Trigger, TriggerReading } from '../../../../infra/domain/trigger.ts'
import { aTrigger, followTrigger, LOOK_MS, noData, START, said, saidInPart } from '../../../fixtures/triggers.ts'

const asks = (trigger: Trigger, answers: readonly TriggerAnswer[]) =>
  followTrigger(trigger, answers).map((one) => one.asks)
const last = (trigger: Trigger, answers: readonly TriggerAnswer[]) => followTrigger(trigger, answers).at(-1)

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

  it('never asks for more than it may, also when it might ask for more before', () => {
    const memory = judgeTriggers([{ trigger: aTrigger(), answer: said(900) }], new Map(), START).memory
    for (const answer of [said(900), noData]) {
      const trigger = aTrigger({ maxNodes: 4, staleAfterMs: 1_000, keepForMs: 600_000 })
      const { readings } = judgeTriggers([{ trigger, answer }], memory, START + LOOK_MS)
      expect(readings[0]?.asks).toBe(4)
    }
  })
})

describe('a value of which something may be missing', () => {
  it('asks for more at once', () => {
    expect(asks(aTrigger(), [said(100), saidInPart(340)])).toEqual([2, 7])
    expect(last(aTrigger(), [said(100), saidInPart(340)])?.why).toBe(
      'partner-queue 340 / 50 a node = 7 nodes (at least, a store is away)',
    )
  })

  it('takes nothing back: the last whole one goes on until it is too old', () => {
    const readings = followTrigger(aTrigger(), [said(340), ...Array(4).fill(saidInPart(100))])
    expect(readings.map((one) => one.asks)).toEqual([7, 7, 7, 7, 7])
    expect(readings[1]).toMatchObject({ state: 'asks', value: 340, ageMs: 30_000 })
    expect(readings[1]?.why).toBe(
      'partner-queue 340 / 50 a node = 7 nodes (30 s ago; now at least 100, a store is away)',
    )
    expect(readings[4]).toMatchObject({ state: 'unknown', wanted: undefined, value: 340, ageMs: 120_000 })
    expect(readings[4]?.why).toBe(
      'partner-queue is unknown for 30 s: at least 100, a store is away; 7 nodes stay asked for',
    )
  })

  it('is unknown where no whole one was ever known, and asks for what there is', () => {
    expect(last(aTrigger(), [saidInPart(340)])).toMatchObject({ state: 'unknown', asks: 7, value: undefined })
  })

  it('raises what is asked for while it is unknown, when it has held for long enough', () => {
    const trigger = aTrigger({ forMs: 60_000, keepForMs: 600_000 })
    expect(
      asks(
        trigger,
        [340, 340, 340, 900, 900, 900, 0].map((value) => saidInPart(value)),
      ),
    ).toEqual([0, 0, 7, 7, 7, 18, 18])
  })

  it('lets what it asked for go when a whole one is there again', () => {
    expect(asks(aTrigger(), [saidInPart(340), said(100)])).toEqual([7, 2])
  })

  it('counts by itself when nothing is held any more', () => {
    const trigger = aTrigger({ staleAfterMs: 1_000, letGoAfterMs: 60_000 })
    const readings = followTrigger(trigger, [said(340), ...Array(3).fill(saidInPart(100))])
    expect(readings.map((one) => one.asks)).toEqual([7, 7, 7, 2])
    expect(readings.at(-1)).toMatchObject({ letGo: true })
    expect(readings.at(-1)?.why).toMatch(/; it holds nothing any more; 2 nodes are asked for$/)
  })

  it('counts for nothing when it is old itself', () => {
    expect(last(aTrigger(), [said(100), saidInPart(340, 61_000)])).toMatchObject({ asks: 2, state: 'asks' })
  })
})

describe('another leader', () => {
  const trigger = aTrigger({ forMs: 300_000, keepForMs: 60_000 })
  const before: readonly TriggerReading[] = followTrigger(trigger, Array(12).fill(said(340))).slice(-1)

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
