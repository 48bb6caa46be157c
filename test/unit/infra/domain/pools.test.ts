import { describe, expect, it } from 'vitest'
import { DEFAULT_POOLS, parsePools, poolOf } from '../../../../infra/domain/pools.ts'

describe('a text that describes pools', () => {
  it('names one pool a task unless told', () => {
    expect(parsePools(DEFAULT_POOLS)).toEqual([
      { name: 'face-match', tasks: ['face-match'] },
      { name: 'liveness', tasks: ['liveness'] },
      { name: 'ocr', tasks: ['ocr'] },
    ])
  })

  it('may give a pool several tasks, and leave a task out', () => {
    const pools = parsePools('  gpu-a=face-match,liveness\n ')
    expect(pools).toEqual([{ name: 'gpu-a', tasks: ['face-match', 'liveness'] }])
    expect([poolOf(pools, 'liveness'), poolOf(pools, 'ocr')]).toEqual(['gpu-a', undefined])
  })

  it.each([
    ['', 'at least one pool'],
    ['gpu', 'names a task that is not one of'],
    ['gpu=', 'names a task that is not one of'],
    ['gpu=ocr,', 'names a task that is not one of'],
    ['gpu=faces', 'names a task that is not one of'],
    ['=ocr', 'a pool is written'],
    ['GPU=ocr', 'a pool is written'],
    ['a.b=ocr', 'a pool is written'],
    ['-a=ocr', 'a pool is written'],
    [`${'a'.repeat(41)}=ocr`, 'a pool is written'],
    ['gpu=ocr=liveness', 'a pool is written'],
    ['gpu=ocr gpu=liveness', 'described twice'],
    ['a=ocr b=ocr', 'served by two pools'],
    ['a=ocr,ocr', 'served by two pools'],
  ])('is refused when it is %j', (text, message) => {
    expect(() => parsePools(text)).toThrow(expect.objectContaining({ code: 'POOLS_INVALID' }))
    expect(() => parsePools(text)).toThrow(message)
  })
})
