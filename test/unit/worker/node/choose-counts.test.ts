import { describe, expect, it } from 'vitest'
import type { Gpu } from '../../../../infra/ports/machine.ts'
import { type ChooseSettings, chooseCounts } from '../../../../worker/node/choose-counts.ts'
import type { Profile } from '../../../../worker/node/profile.ts'
import { parseCounts } from '../../../../worker/node/worker-counts.ts'

const MIB = 1024 * 1024
const gpu: Gpu = { index: 0, name: 'a GPU', memoryBytes: 16_384 * MIB }

interface World {
  readonly settings?: Partial<ChooseSettings>
  readonly memoryMib?: number
  readonly gpus?: readonly Gpu[]
  readonly profile?: Profile
}

const choose = async (wanted: string, { settings, memoryMib = 4_096, gpus = [], profile }: World = {}) => {
  const asked: string[] = []
  const whole: ChooseSettings = {
    ...{ maxCount: 16, devices: ['cuda', 'cpu'], memoryBytes: undefined, workerBytes: undefined },
    ...{ gpuWorkerBytes: 2_048 * MIB, tasksOf: (pool: string) => [pool as 'ocr'] },
    ...settings,
  }
  const chosen = await chooseCounts(parseCounts(wanted), whole, {
    machine: { memoryBytes: () => memoryMib * MIB, gpus: async () => gpus },
    readProfile: async (pool, device) => {
      asked.push(`${pool} on ${device}`)
      return profile ?? { measurements: [] }
    },
  })
  return { counts: Object.fromEntries(chosen.counts), choices: chosen.choices, asked }
}

describe('the counts of a node', () => {
  it('that people wrote are taken as they are, and nothing is looked up', async () => {
    expect(await choose('ocr=2 face-match=0')).toEqual({ counts: { ocr: 2, 'face-match': 0 }, choices: [], asked: [] })
  })

  it('are chosen by the memory that the supervisor leaves, where nothing was measured', async () => {
    const { counts, choices, asked } = await choose('ocr=auto')
    expect(counts).toEqual({ ocr: Math.floor((4_096 - 114) / 600) })
    expect(asked).toEqual(['ocr on cpu'])
    expect(choices).toEqual([
      { pool: 'ocr', count: 6, why: expect.stringMatching(/^on cpu, not measured: by memory alone/) },
    ])
  })

  it('are chosen by what was measured, and a doubt is told', async () => {
    const profile = { measurements: [{ workersPerNode: 2, checksPerSecond: 3 }], doubt: 'measured with other models' }
    const { counts, choices } = await choose('ocr=auto', { profile })
    expect(counts).toEqual({ ocr: 2 })
    expect(choices[0]?.why).toMatch(/measured 2: 2 do 3 .* \(measured with other models\)$/)
  })

  it('have room for what is fixed, and several that choose share the rest', async () => {
    const { counts } = await choose('ocr=2 liveness=auto face-match=auto', { memoryMib: 114 + 1_200 + 2 * 722 })
    expect(counts).toEqual({ ocr: 2, liveness: 2, 'face-match': 2 })
  })

  it('fit into the memory of the GPU too, which is asked for only where it may be used', async () => {
    const many = { memoryMib: 100_000, gpus: [gpu] }
    expect((await choose('ocr=auto', many)).counts).toEqual({ ocr: 8 })
    expect((await choose('ocr=auto', many)).asked).toEqual(['ocr on cuda'])
    expect((await choose('ocr=auto', { ...many, settings: { devices: ['cpu'] } })).counts).toEqual({ ocr: 16 })
  })

  it('obey the bytes that people set', async () => {
    const settings = { memoryBytes: 1_000 * MIB, workerBytes: 100 * MIB }
    expect((await choose('ocr=auto', { settings })).counts).toEqual({ ocr: 8 })
  })
})
