import { describe, expect, it } from 'vitest'
import type { GpuUse } from '../../../../infra/ports/machine.ts'
import { devicesOf } from '../../../../worker/node/devices-of.ts'
import { nodeName, toldNode } from '../../../../worker/node/told-node.ts'
import type { WorkerReport } from '../../../../worker/node/worker-slot.ts'

const aGpu = (overrides: Partial<GpuUse> = {}): GpuUse => ({
  ...{ index: 0, name: 'NVIDIA L4', driver: '580.95', memoryBytes: 24, memoryUsedBytes: 6, utilisationRatio: 0.5 },
  ...overrides,
})
const aReport = (overrides: Partial<WorkerReport> = {}): WorkerReport => ({
  ...{ pool: 'checks', index: 0, phase: 'ready', since: 5, pid: 7, consuming: true, busy: 2, restarts: 1 },
  ...{ devices: ['cuda'], models: 'm@1' },
  ...overrides,
})
const identity = { id: 'i', name: 'n', zone: null, pools: ['checks'], version: '0.2.0' }

const tell = (workers: readonly WorkerReport[], gpus: readonly GpuUse[] = []) =>
  toldNode(
    identity,
    { workers: () => workers, state: 'ready', quarantined: () => [] },
    { gpus, load: { coreCount: 2, perCore: 1 } },
  )

describe('what a node says of itself', () => {
  it('has its workers, the devices they run on, and the load of the machine', () => {
    expect(tell([aReport()], [aGpu()])).toEqual({
      ...identity,
      state: 'ready',
      workers: [
        {
          pool: 'checks',
          index: 0,
          state: 'ready',
          since: 5,
          pid: 7,
          restarts: 1,
          devices: ['cuda'],
          models: 'm@1',
          inHand: 2,
        },
      ],
      moreWorkers: 0,
      devices: [
        {
          ...{ name: 'cuda', gpu: 'NVIDIA L4', driver: '580.95', memoryBytes: 24, memoryUsedBytes: 6 },
          ...{ utilisationRatio: 0.5, quarantine: null },
        },
      ],
      load: { coreCount: 2, perCore: 1 },
    })
  })

  it('stays small however many workers and models there are', () => {
    const many = Array.from({ length: 256 }, (_, index) => aReport({ index, models: 'm'.repeat(1_000) }))
    const told = tell(many)
    expect([told.workers.length, told.moreWorkers]).toEqual([64, 192])
    expect(JSON.stringify(told).length).toBeLessThan(64_000)
  })

  it('names the machine in one line that a person can type', () => {
    expect(nodeName('rack\n7\u0000')).toBe('rack 7 ')
    expect(nodeName('x'.repeat(999))).toHaveLength(200)
  })
})

describe('the devices of a node', () => {
  it('are unknown in everything that no driver tells', () => {
    expect(devicesOf(['cpu', 'cpu'], [], [])).toEqual([
      {
        ...{ name: 'cpu', gpu: null, driver: null, memoryBytes: null, memoryUsedBytes: null },
        ...{ utilisationRatio: null, quarantine: null },
      },
    ])
  })

  it('have the first GPU under its device and the others by number, and show which is quarantined', () => {
    const broken = { device: 'cuda', why: 'ecc', since: 9 } as const
    const devices = devicesOf([], [broken], [aGpu(), aGpu({ index: 1, name: 'NVIDIA T4' })])
    expect(devices.map(({ name, gpu, quarantine }) => [name, gpu, quarantine])).toEqual([
      ['cuda', 'NVIDIA L4', { why: 'ecc', since: 9 }],
      ['cuda:1', 'NVIDIA T4', null],
    ])
  })
})
