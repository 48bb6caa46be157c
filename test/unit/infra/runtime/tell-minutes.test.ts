import { afterEach, describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { mergeSums } from '../../../../infra/domain/pool-minute.ts'
import type { MinuteReport } from '../../../../infra/ports/minute-store.ts'
import { createMinuteTally } from '../../../../infra/runtime/minute-tally.ts'
import { startTellingMinutes, type TellingMinutes } from '../../../../infra/runtime/tell-minutes.ts'
import { createMemoryMinuteStore } from '../../../fakes/minute-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const MINUTE_MS = 60_000
const NOON = Date.UTC(2026, 10, 21, 12)

const ends: TellingMinutes[] = []
afterEach(async () => {
  for (const telling of ends.splice(0)) await telling.stop()
})

const start = (before?: () => void) => {
  const clock = { at: NOON, now: () => clock.at }
  const tally = createMinuteTally(clock, (task) => task)
  const store = createMemoryMinuteStore(clock.now)
  const told: MinuteReport[] = []
  let answer: (report: MinuteReport) => Promise<void> = store.tell
  const tell = async (report: MinuteReport) => {
    told.push(report)
    await answer(report)
  }
  const { log } = silence()
  const warned = vi.spyOn(log, 'warn')
  const telling = startTellingMinutes(
    { tally, store: { tell }, clock, log },
    { source: 'one', everyMs: 3_600_000, ...(before && { before }) },
  )
  ends.push(telling)
  const counts = async () =>
    (await store.minutes('ocr', 0, NOON * 2, MINUTE_MS)).map(({ at, sums }) => [
      (at - NOON) / MINUTE_MS,
      sums['hop/fetch']?.count,
    ])
  return {
    ...{ clock, tally, told, telling, counts, warned },
    fetch: () => tally.tap(silence().metrics).hop('fetch', 'ocr', 5),
    answers: (how: typeof answer) => {
      answer = how
    },
    well: () => {
      answer = store.tell
    },
    store,
  }
}
const away = async () => {
  throw new UnavailableError('postgres', new Error('away'))
}

describe('telling', () => {
  it('tells what was counted since the last time, and nothing when there is nothing', async () => {
    const { telling, told, fetch, counts } = start()
    await telling.flush()
    expect(told).toEqual([])
    fetch()
    await telling.flush()
    fetch()
    fetch()
    await telling.flush()
    expect(told.map(({ source, number, now }) => [source, number, now])).toEqual([
      ['one', 1, NOON],
      ['one', 2, NOON],
    ])
    expect(await counts()).toEqual([[0, 3]])
  })

  it('keeps what could not be told, says so once, and loses and doubles nothing', async () => {
    const { telling, told, fetch, counts, warned, answers, well, clock, store } = start()
    answers(away)
    fetch()
    await telling.flush()
    fetch()
    await telling.flush()
    // It arrived; only the answer did not.
    answers(async (report) => {
      await store.tell(report)
      await away()
    })
    await telling.flush()
    clock.at += 2 * MINUTE_MS
    fetch()
    well()
    await telling.flush()
    expect(await counts()).toEqual([
      [0, 2],
      [2, 1],
    ])
    expect(warned).toHaveBeenCalledTimes(1)
    expect(new Set(told.slice(0, 4).map(({ number }) => number))).toEqual(new Set([1]))
  })

  it('tells the minutes of a long outage in several reports', async () => {
    const { telling, told, fetch, counts, answers, well, clock } = start()
    answers(away)
    for (let minute = 0; minute < 25; minute += 1) {
      clock.at = NOON + minute * MINUTE_MS
      fetch()
    }
    await telling.flush()
    well()
    await telling.flush()
    expect(await counts()).toHaveLength(25)
    expect(told.map(({ number }) => number)).toEqual([1, 1, 2, 3])
  })

  it('tells what is left at the end, also what is known only by looking', async () => {
    const seen: { look?: () => void } = {}
    const { telling, tally, store } = start(() => seen.look?.())
    seen.look = () => tally.spend('ocr', 'present', 40)
    await telling.stop()
    const sums = mergeSums((await store.minutes('ocr', 0, NOON * 2, MINUTE_MS)).map((one) => one.sums))
    expect(sums.present?.total).toBe(40)
  })

  it('tells one report after the other, whoever asks for it', async () => {
    const { telling, fetch, counts } = start()
    fetch()
    const [first, second] = [telling.flush(), telling.flush()]
    fetch()
    await Promise.all([first, second])
    await telling.flush()
    expect(await counts()).toEqual([[0, 2]])
  })
})
