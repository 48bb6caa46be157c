import { describe, expect, it } from 'vitest'
import { runNet, warmNet } from '../../../../../worker/tasks/faces/net.ts'
import { scriptedNet } from './oracle-nets.ts'

const summing = () =>
  scriptedNet('face-embedding', (tile) => Float32Array.of([...tile].reduce((sum, value) => sum + value, 0)))
const tiles = (count: number, drawn: number[] = []) =>
  Array.from({ length: count }, (_, index) => () => {
    drawn.push(index)
    return new Uint8Array(2 * 2 * 3).fill(index)
  })

describe('runNet', () => {
  it.each([1, 2, 3, 5, 64])('answers in order with a batch size of %i', async (batchSize) => {
    const net = summing()
    const answers = await runNet(net, tiles(5), [2, 2, 3], batchSize)
    expect(answers.map(([sum]) => sum)).toEqual([0, 12, 24, 36, 48])
    expect(Math.max(...net.asked)).toBe(Math.min(5, batchSize))
  })

  it('does not run for nothing', async () => {
    const net = summing()
    expect(await runNet(net, tiles(0), [2, 2, 3], 4)).toEqual([])
    expect(net.asked).toEqual([])
  })

  it('draws a picture only when its batch comes', async () => {
    const drawn: number[] = []
    const seen: number[][] = []
    const net = scriptedNet('face-embedding', () => {
      seen.push([...drawn])
      return Float32Array.of(0)
    })
    await runNet(net, tiles(4, drawn), [2, 2, 3], 2)
    expect(seen).toEqual([
      [0, 1],
      [0, 1],
      [0, 1, 2, 3],
      [0, 1, 2, 3],
    ])
  })

  it('throws when the session has no such output', async () => {
    await expect(runNet(summing(), tiles(1), [2, 2, 3], 1, 'other')).rejects.toMatchObject({ code: 'INFERENCE' })
  })
})

describe('warmNet', () => {
  it('runs one batch as large as work will be', async () => {
    const net = summing()
    await warmNet(net, [2, 2, 3], 3)
    expect(net.asked).toEqual([3])
  })
})
