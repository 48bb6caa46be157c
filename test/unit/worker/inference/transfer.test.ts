import { markAsUntransferable } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import type { TaskItem } from '../../../../worker/executor.ts'
import { toTransferable } from '../../../../worker/inference/transfer.ts'

const anItem = (...pictures: Uint8Array[]): TaskItem => ({
  pictures: Object.fromEntries(pictures.map((data, at) => [`picture${at}`, { data, width: 1, height: 1 }])),
  options: { documentType: 'passport' },
})

const untransferable = () => {
  const data = new Uint8Array([5, 6, 7])
  markAsUntransferable(data.buffer)
  return data
}

describe('pixels on their way to a thread', () => {
  const shared = new Uint8Array([1, 2, 3])
  it.each([
    ['of their own buffer', anItem(new Uint8Array([1, 2, 3])), [[1, 2, 3]]],
    ['inside a larger buffer', anItem(new Uint8Array([1, 2, 3]).subarray(1, 2)), [[2]]],
    ['of a pooled Buffer', anItem(Buffer.from([8, 9])), [[8, 9]]],
    ['in memory a native decoder owns', anItem(untransferable()), [[5, 6, 7]]],
    ['in shared memory', anItem(new Uint8Array(new SharedArrayBuffer(2))), [[0, 0]]],
    [
      'used for two pictures',
      anItem(shared, shared),
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    ],
  ])('%s arrive', (_what, item, pixels) => {
    const { items, buffers } = toTransferable([item])
    const [received] = structuredClone(items, { transfer: [...buffers] })
    expect(Object.values(received?.pictures ?? {}).map(({ data }) => [...data])).toEqual(pixels)
    expect(received?.options).toEqual({ documentType: 'passport' })
  })

  it('never take a neighbour in the same pool along', () => {
    const pool = new Uint8Array([1, 2, 3, 4])
    const { buffers } = toTransferable([anItem(pool.subarray(0, 2))])
    structuredClone('pixels', { transfer: [...buffers] })
    expect([...pool]).toEqual([1, 2, 3, 4])
  })
})
