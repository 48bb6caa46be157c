import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readDrift } from '../../../autoscaler/drift/read-drift.ts'
import type { DriftStore } from '../../../infra/ports/drift-store.ts'
import { createDriftStore } from '../../../infra/postgres/drift-store.ts'
import { openRolloutWorld, type RolloutWorld } from '../../fixtures/rollout-world.ts'

const HOUR_MS = 3_600_000
const TASKS = new URL('../../fixtures/tasks/brightness.ts', import.meta.url).href
/** Pictures of one kind, and how often each is sent by each of two tenants. */
const [PICTURES, EACH] = [8, 8]
/** Fewer than a fleet has: a test cannot wait for more. */
const FEW = { leastCount: 50 }

let world: RolloutWorld
let store: DriftStore

/** The same face in another light each time. @param light 1 = as it is */
const keepPictures = async (kind: string, light: number): Promise<void> => {
  const face = await readFile(new URL('../../fixtures/person_a_2009.jpg', import.meta.url))
  for (let index = 0; index < PICTURES; index += 1) {
    const gain = light * (0.8 + (0.4 * index) / PICTURES)
    await world.put(`${kind}-${index}.jpg`, await sharp(face).resize(64).linear(gain).jpeg().toBuffer())
  }
}

beforeAll(async () => {
  world = await openRolloutWorld()
  store = createDriftStore(world.db)
  // What other tests told is not this one's traffic.
  await world.db.query({ name: 'test.no-drift', text: 'delete from drift_hour' }, [])
  await keepPictures('usual', 1)
  await keepPictures('dark', 0.5)
})
afterAll(() => world?.close())

/** A worker judges what two tenants send, and ends: by then all of it is told. */
const judge = async (kinds: Readonly<Record<string, string>>): Promise<void> => {
  const worker = world.startWorker({ WORKER_TASK_MODULE: TASKS, WORKER_INDEX: '0' })
  const sent = Object.entries(kinds).flatMap(([tenant, kind]) =>
    Array.from({ length: PICTURES }, (_, index) => {
      const sdk = tenant === 'acme' ? 'js 1.0' : 'js 0.9'
      return world.check(EACH, {}, `${kind}-${index}.jpg`, { tenant, sdk })
    }),
  )
  await Promise.all(sent)
  worker.kill('SIGTERM')
  await once(worker, 'exit')
}

const pass = (interval: string) =>
  world.db.query(
    { name: `test.pass-${interval}`, text: `update drift_hour set hour = hour - interval '${interval}'` },
    [],
  )

const look = async () => {
  const { signals } = await readDrift(store, Date.now() + HOUR_MS, FEW)
  const of = (name: string) => signals.find(({ task, signal }) => task === 'liveness' && signal === name)
  return { score: of('score'), brightness: of('brightness'), outcome: of('outcome') }
}

describe('what real workers tell of real pictures', () => {
  it('is a distribution that is well a week later, and no more when one tenant’s pictures are dark', async () => {
    await judge({ acme: 'usual', zenith: 'usual' })
    await pass('7 days')
    await judge({ acme: 'usual', zenith: 'usual' })
    const before = await look()
    expect(before.score).toMatchObject({ level: 'well', count: 128, referenceCount: 128, reference: { kind: 'weeks' } })
    expect([before.brightness?.level, before.outcome?.level]).toEqual(['well', 'well'])

    await world.db.query(
      { name: 'test.forget', text: `delete from drift_hour where hour > now() - interval '1 day'` },
      [],
    )
    await judge({ acme: 'usual', zenith: 'dark' })
    const after = await look()
    expect([after.score?.level, after.brightness?.level, after.outcome?.level]).toEqual(['alarm', 'alarm', 'well'])
    expect(after.score?.cuts.find(({ value }) => value === 'zenith')).toMatchObject({ by: 'tenant', level: 'alarm' })
    expect(after.score?.cuts.find(({ value }) => value === 'js 0.9')).toMatchObject({ by: 'sdk', level: 'alarm' })
    expect(after.score?.cuts.find(({ value }) => value === 'acme')).toMatchObject({ level: 'well' })
    expect(after.score?.why).toContain('zenith')
  })
})
