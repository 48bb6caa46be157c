import { expect, it } from 'vitest'
import { showQuarantines } from '../../../autoscaler/quarantined-devices.ts'
import type { Logger } from '../../../infra/ports/logger.ts'
import { createMemoryQuarantineStore } from '../../fakes/quarantine-store.ts'

const aLog = () => {
  const warned: unknown[] = []
  const log: Logger = {
    ...{ debug: () => {}, info: () => {}, error: () => {}, child: () => log },
    warn: (fields) => void warned.push(fields),
  }
  return { log, warned }
}

it('shows how many devices of each pool are quarantined, and tells of each once', async () => {
  let shown: () => ReadonlyMap<string, number> = () => new Map()
  const gauges = (_name: string, _help: string, _label: string, read: typeof shown) => {
    shown = read
  }
  const { log, warned } = aLog()
  const store = createMemoryQuarantineStore()
  const look = showQuarantines(store, ['ocr', 'liveness'], { metrics: { gauges }, log })
  await look()
  expect([...shown()]).toEqual([
    ['ocr', 0],
    ['liveness', 0],
  ])
  await store.holds({ node: 'a', device: 'cuda', pools: 'ocr', why: 'cudnn' })
  await store.holds({ node: 'b', device: 'cuda', pools: 'ocr liveness', why: 'ecc' })
  await look()
  await look()
  expect([...shown()]).toEqual([
    ['ocr', 2],
    ['liveness', 1],
  ])
  expect(warned).toEqual([
    { node: 'a', device: 'cuda', pools: 'ocr', why: 'cudnn' },
    { node: 'b', device: 'cuda', pools: 'ocr liveness', why: 'ecc' },
  ])
  await store.ended('a', 'cuda')
  await look()
  expect(shown().get('ocr')).toBe(1)
})
