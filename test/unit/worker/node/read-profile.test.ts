import { describe, expect, it } from 'vitest'
import { createReadProfile } from '../../../../worker/node/read-profile.ts'
import { aCapacity } from '../../../contract/capacity-store.ts'
import { createMemoryCapacityStore } from '../../../fakes/capacity-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log } = silence()
const model = (name: string) => ({ name, version: '1.0.0', digest: 'sha256:0' })
const catalog = {
  list: async () => [
    { task: 'ocr' as const, models: [model('b'), model('a')] },
    { task: 'liveness' as const, models: [model('c')] },
  ],
}
const tasksOf = () => ['ocr'] as const
const NONE = { measurements: [] }

describe('the profile of a pool', () => {
  it('is read for the models that its tasks run', async () => {
    const capacities = createMemoryCapacityStore()
    const one = aCapacity({ pool: 'ocr', models: 'a@1.0.0,b@1.0.0', workersPerNode: 2, checksPerSecond: 4 })
    await capacities.save(one)
    await capacities.save({ ...one, models: 'c@1.0.0', checksPerSecond: 40 })
    const read = createReadProfile({ capacities, catalog, tasksOf, log })
    expect(await read('ocr', 'cpu')).toEqual({ measurements: [{ workersPerNode: 2, checksPerSecond: 4 }] })
  })

  it('is none where no database was configured, where it is away, and where it does not answer in time', async () => {
    const away = async () => {
      throw new Error('gone')
    }
    const never = () => new Promise<never>(() => {})
    for (const list of [away, never]) {
      const read = createReadProfile({ capacities: { list }, catalog, tasksOf, log, patienceMs: 20 })
      expect(await read('ocr', 'cpu')).toEqual(NONE)
    }
    const read = createReadProfile({ capacities: undefined, catalog: undefined, tasksOf, log })
    expect(await read('ocr', 'cpu')).toEqual(NONE)
  })
})
