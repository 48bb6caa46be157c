import { totalmem } from 'node:os'
import { describe, expect, it } from 'vitest'
import { createMachine, parseGpus } from '../../../../infra/runtime/machine.ts'

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

describe('a machine', () => {
  it('has memory, and no more than all of it', () => {
    const bytes = createMachine().memoryBytes()
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThanOrEqual(totalmem())
  })

  it('without the driver has no GPU', async () => {
    expect(await createMachine('no-such-program-nvidia-smi').gpus()).toEqual([])
  })
})
