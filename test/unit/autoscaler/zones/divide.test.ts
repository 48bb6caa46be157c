import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { divide, type ZoneRoom } from '../../../../autoscaler/zones/divide.ts'

const sum = (counts: readonly number[]): number => counts.reduce((total, one) => total + one, 0)
const rooms = (...presents: readonly number[]): readonly ZoneRoom[] =>
  presents.map((present) => ({ present, min: 0, max: 1_000, weight: 1 }))

const aRoom = fc
  .record({
    present: fc.nat(60),
    min: fc.nat(5),
    room: fc.nat(60),
    weight: fc.constantFrom(0.5, 1, 2, 3),
  })
  .map(({ room, ...rest }): ZoneRoom => ({ ...rest, max: rest.min + room }))
const someRooms = fc.array(aRoom, { minLength: 1, maxLength: 5 })
const count = fc.nat(150)
/** Zones that have what they are to have at least, so nothing needs to be moved. */
const settled = fc.tuple(count, someRooms).map(([total, all]) => {
  const counts = divide(total, all)
  return all.map((room, at) => ({ ...room, present: counts[at] as number }))
})

describe('divide', () => {
  it.each([
    ['adds to the emptiest zone', 7, rooms(3, 2), [4, 3]],
    ['takes from the fullest', 4, rooms(5, 2), [2, 2]],
    ['moves nothing for the sake of evenness', 9, rooms(6, 3), [6, 3]],
    ['gives an empty zone one node, and half of its share', 12, rooms(12, 0), [9, 3]],
    ['needs no zone when there are fewer nodes than zones', 1, rooms(1, 0, 0), [1, 0, 0]],
    ['has one in each as soon as there are enough', 3, rooms(3, 0, 0), [1, 1, 1]],
    ['divides by weights', 9, [{ present: 0, min: 0, max: 99, weight: 2 }, ...rooms(0)], [6, 3]],
    ['keeps to the most of a zone', 9, [{ present: 2, min: 0, max: 2, weight: 1 }, ...rooms(2)], [2, 7]],
    ['keeps to the least of a zone', 1, [{ present: 2, min: 2, max: 9, weight: 1 }, ...rooms(2)], [2, 0]],
  ] as const)('%s', (_what, total, zones, counts) => {
    expect(divide(total, zones)).toEqual(counts)
  })

  it('adds up to the count wherever the limits allow, and keeps to the limits', () => {
    fc.assert(
      fc.property(count, someRooms, (total, all) => {
        const counts = divide(total, all)
        const [least, most] = [sum(all.map(({ min }) => min)), sum(all.map(({ max }) => max))]
        expect(sum(counts)).toBe(Math.min(most, Math.max(least, total)))
        counts.forEach((one, at) => {
          expect(one).toBeGreaterThanOrEqual(all[at]?.min as number)
          expect(one).toBeLessThanOrEqual(all[at]?.max as number)
        })
      }),
    )
  })

  it('leaves no zone empty that could have a node, when there is one for each', () => {
    fc.assert(
      fc.property(count, someRooms, (total, all) => {
        const open = all.filter(({ max }) => max > 0)
        fc.pre(total >= open.length + sum(all.map(({ min }) => min)))
        divide(total, all).forEach((one, at) => {
          if ((all[at]?.max as number) > 0) expect(one).toBeGreaterThan(0)
        })
      }),
    )
  })

  it('changes nothing while the count stays, and takes nothing from anywhere while it rises within what all have', () => {
    fc.assert(
      fc.property(settled, fc.nat(3), (all, more) => {
        const present = all.map((room) => room.present)
        expect(divide(sum(present), all)).toEqual(present)
        const limits = all.every(({ present: one, max }) => one + more <= max)
        const least = all.every(({ present: one, weight }) => {
          const whole = sum(all.filter(({ max }) => max > 0).map((room) => room.weight))
          return one >= Math.max(1, ((sum(present) + more) * weight) / whole / 2)
        })
        if (!limits || !least) return
        divide(sum(present) + more, all).forEach((one, at) => {
          expect(one).toBeGreaterThanOrEqual(present[at] as number)
        })
      }),
    )
  })

  it('adds nothing anywhere while the count falls', () => {
    fc.assert(
      fc.property(settled, fc.nat(40), (all, fewer) => {
        const present = all.map((room) => room.present)
        const total = sum(present) - fewer
        fc.pre(total >= all.length)
        divide(total, all).forEach((one, at) => {
          expect(one).toBeLessThanOrEqual(present[at] as number)
        })
      }),
    )
  })
})
