import { describe, expect, it } from 'vitest'
import { createBatchRoom } from '../../../../worker/inference/batch-room.ts'

describe('the room of a device', () => {
  it('is without bounds until something did not fit', () => {
    const room = createBatchRoom()
    room.fitted()
    expect(room.mostItems).toBe(Number.POSITIVE_INFINITY)
  })

  it.each([
    [16, 8],
    [5, 2],
    [3, 1],
    [2, 1],
  ])('is half of the %i items that did not fit: %i', (itemCount, most) => {
    const room = createBatchRoom()
    room.short(itemCount)
    expect(room.mostItems).toBe(most)
  })

  it('doubles when what fits has fitted often, and begins to count anew after a shortage', () => {
    const room = createBatchRoom()
    const fill = (count: number) => Array.from({ length: count }, () => room.fitted())
    room.short(8)
    fill(49)
    expect(room.mostItems).toBe(4)
    fill(1)
    expect(room.mostItems).toBe(8)
    fill(49)
    room.short(8)
    fill(49)
    expect(room.mostItems).toBe(4)
  })
})
