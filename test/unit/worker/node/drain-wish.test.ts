import { expect, it } from 'vitest'
import { createDrainWish } from '../../../../worker/node/drain-wish.ts'
import { silence } from '../../../fixtures/silence.ts'

const aWishHeard = () => {
  let now = 0
  const changes: boolean[] = []
  const clock = { monotonic: () => now }
  const wish = createDrainWish({ clock, log: silence().log, onChange: (draining) => void changes.push(draining) })
  const later = (ms: number) => {
    now += ms
    wish.check()
  }
  return { wish, changes, later }
}
const drain = (leftMs: number) => ({ reason: 'r', leftMs })

it('begins once, however often it is heard, and ends when it is taken back', () => {
  const { wish, changes } = aWishHeard()
  wish.heard(undefined)
  wish.heard(drain(10_000))
  wish.heard(drain(9_000))
  expect(changes).toEqual([true])
  wish.heard(undefined)
  wish.heard(undefined)
  expect(changes).toEqual([true, false])
})

it('holds while nobody can tell, and ends by itself when its time is over', () => {
  const { wish, changes, later } = aWishHeard()
  wish.heard(drain(10_000))
  later(9_999)
  expect(changes).toEqual([true])
  later(1)
  later(1)
  expect(changes).toEqual([true, false])
})

it('lasts as long as was said last', () => {
  const { wish, changes, later } = aWishHeard()
  wish.heard(drain(10_000))
  later(9_000)
  wish.heard(drain(5_000))
  later(4_999)
  expect(changes).toEqual([true])
  wish.heard(drain(1))
  later(1)
  expect(changes).toEqual([true, false])
})
