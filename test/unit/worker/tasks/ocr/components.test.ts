import { describe, expect, it } from 'vitest'
import { findComponents } from '../../../../../worker/tasks/ocr/components.ts'

/** A map drawn in characters: `#` is 0.9, `+` is 0.5, anything else 0.1. */
const draw = (...rows: readonly string[]) => {
  const width = rows[0]?.length ?? 0
  const values = Float32Array.from([...rows.join('')], (character) =>
    character === '#' ? 0.9 : character === '+' ? 0.5 : 0.1,
  )
  return { values, width, height: rows.length }
}

const find = (...rows: readonly string[]) => {
  const { values, width, height } = draw(...rows)
  return findComponents(values, width, height, 0.3, 1)
}

describe('connected regions of a map', () => {
  it('are counted apart where nothing touches', () => {
    expect(find('##..#', '##..#', '.....', '.###.').map(({ area }) => area)).toEqual([4, 2, 3])
  })

  it('hang together at corners', () => {
    expect(find('#....', '.#...', '..#..')).toHaveLength(1)
    expect(find('..#', '.#.', '#..')).toHaveLength(1)
  })

  it('are one where arms meet only further down', () => {
    const [only, ...others] = find('#.#.#', '#.#.#', '#####')
    expect(others).toEqual([])
    expect(only?.area).toBe(11)
    expect(only?.runs).toHaveLength(7)
  })

  it('reach to the edges of the map', () => {
    expect(find('###', '#.#', '###').map(({ area }) => area)).toEqual([8])
  })

  it('know the mean of their values', () => {
    expect(find('#+').map(({ mean }) => mean)[0]).toBeCloseTo(0.7)
  })

  it('are left out when they are smaller than asked for', () => {
    const { values, width, height } = draw('#..##', '...##')
    expect(findComponents(values, width, height, 0.3, 2).map(({ area }) => area)).toEqual([4])
  })

  it('do not exist on an empty map', () => {
    expect(find('....', '....')).toEqual([])
  })
})
