import { describe, expect, it } from 'vitest'
import { depthwiseFiltersToOnnx, filtersToOnnx } from '../../../../../worker/models/export/layers.ts'

const counted = (dims: readonly number[]) => ({
  dims,
  data: Float32Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, (_, i) => i),
})

describe('filtersToOnnx', () => {
  it('turns [height, width, in, out] into [out, in, height, width]', () => {
    const { dims, data } = filtersToOnnx(counted([1, 2, 3, 2]))
    expect(dims).toEqual([2, 3, 1, 2])
    expect([...data]).toEqual([0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11])
  })
})

describe('depthwiseFiltersToOnnx', () => {
  it('turns [height, width, in, multiplier] into [in * multiplier, 1, height, width]', () => {
    const { dims, data } = depthwiseFiltersToOnnx(counted([2, 1, 2, 2]))
    expect(dims).toEqual([4, 1, 2, 1])
    expect([...data]).toEqual([0, 4, 1, 5, 2, 6, 3, 7])
  })
})
