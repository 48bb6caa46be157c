import { totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createMachine, parseGpus, parseGpuUses } from '../../../../infra/runtime/machine.ts'

const MIB = 1024 * 1024

describe('what the driver tells of GPUs', () => {
  it('is read line by line', () => {
    expect(parseGpus('0, NVIDIA L4, 23034\n1, NVIDIA A10, 24, 23028\n')).toEqual([
      { index: 0, name: 'NVIDIA L4', memoryBytes: 23_034 * MIB },
      { index: 1, name: 'NVIDIA A10, 24', memoryBytes: 23_028 * MIB },
    ])
  })

  it.each(['', 'No devices were found', '0, NVIDIA L4, [N/A]', 'Unable to determine the device handle'])(
    'is nothing when it says %j',
    (text) => {
      expect(parseGpus(text)).toEqual([])
    },
  )
})

describe('what the driver tells of their use', () => {
  it('is read line by line', () => {
    expect(
      parseGpuUses('0, NVIDIA L4, 580.95.05, 23034, 512, 37\n1, NVIDIA A10, 24, 580.95.05, 23028, 0, 0\n'),
    ).toEqual([
      {
        ...{ index: 0, name: 'NVIDIA L4', driver: '580.95.05' },
        ...{ memoryBytes: 23_034 * MIB, memoryUsedBytes: 512 * MIB, utilisationRatio: 0.37 },
      },
      {
        ...{ index: 1, name: 'NVIDIA A10, 24', driver: '580.95.05' },
        ...{ memoryBytes: 23_028 * MIB, memoryUsedBytes: 0, utilisationRatio: 0 },
      },
    ])
  })

  it('is unknown, not zero, where the card does not tell', () => {
    expect(parseGpuUses('0, NVIDIA A100 MIG 1g.5gb, 580.95.05, 40960, [N/A], [Not Supported]')).toEqual([
      expect.objectContaining({ memoryUsedBytes: null, utilisationRatio: null }),
    ])
  })

  it.each(['', 'No devices were found', 'Unable to determine the device handle for GPU0, it is lost'])(
    'is nothing when it says %j',
    (text) => {
      expect(parseGpuUses(text)).toEqual([])
    },
  )
})

describe('a machine', () => {
  it('has memory, and no more than all of it', () => {
    const bytes = createMachine().memoryBytes()
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(totalmem())
  })

  it('without the driver has no GPU', async () => {
    expect(await createMachine('no-such-program-nvidia-smi').gpus()).toEqual([])
    expect(await createMachine('no-such-program-nvidia-smi').gpuUses()).toEqual([])
  })
})
