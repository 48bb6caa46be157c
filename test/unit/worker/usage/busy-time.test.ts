import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BusyTime } from '../../../../worker/usage/busy-time.ts'

describe('BusyTime', () => {
  it('gives all the time to what is alone, and shares it among what is together', () => {
    const busy = new BusyTime()
    const first = busy.begin(1_000)
    const second = busy.begin(1_100)
    expect(second.end(1_300)).toBe(100)
    expect(first.end(1_350)).toBe(250)
    expect(busy.begin(9_000).end(9_010)).toBe(10)
  })

  it('gives nothing twice', () => {
    const one = new BusyTime().begin(0)
    expect([one.end(10), one.end(20)]).toEqual([10, 0])
  })

  it('divides exactly the time in which there was anything in hand', () => {
    const spans = fc.array(fc.tuple(fc.nat(1_000), fc.nat(200)), { maxLength: 30 })
    fc.assert(
      fc.property(spans, (all) => {
        const busy = new BusyTime()
        const inHand = new Map<number, ReturnType<BusyTime['begin']>>()
        const events = all.flatMap(([start, length], at) => [
          { now: start, at, isEnd: false },
          { now: start + length, at, isEnd: true },
        ])
        let told = 0
        for (const { now, at, isEnd } of events.toSorted(
          (a, b) => a.now - b.now || Number(a.isEnd) - Number(b.isEnd),
        )) {
          if (isEnd) told += inHand.get(at)?.end(now) ?? Number.NaN
          else inHand.set(at, busy.begin(now))
        }
        const isBusy = (ms: number) => all.some(([start, length]) => ms >= start && ms < start + length)
        const busyMs = Array.from({ length: 1_200 }, (_, ms) => ms).filter(isBusy).length
        expect(told).toBeCloseTo(busyMs, 6)
      }),
    )
  })
})
