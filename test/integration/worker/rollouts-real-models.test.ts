import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest'
import { createJudgeRollouts } from '../../../api/housekeeping/judge-rollouts.ts'
import { DEFAULT_LIMITS } from '../../../infra/domain/rollout.ts'
import type { NewRollout } from '../../../infra/ports/rollout-store.ts'
import { LIVENESS_CARDS } from '../../../worker/models/cards/liveness-cards.ts'
import { MANIFEST_FILE, type ModelCard } from '../../../worker/models/manifest.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'
import { preparedModels } from '../../fixtures/prepared-models.ts'
import { openRolloutWorld, type RolloutWorld, WAIT } from '../../fixtures/rollout-world.ts'
import { silence } from '../../fixtures/silence.ts'

const LIMITS = { ...DEFAULT_LIMITS, minSampleCount: 3, maxP95Ratio: 1000 }
const folder = mkdtempSync(join(tmpdir(), 'muster-candidates-'))
let world: RolloutWorld
let begun: string | undefined

/** The shipped models, and beside them a version of one of them with another operating point. */
const aModelsDir = async (): Promise<string> => {
  const shipped = await preparedModels()
  for (const file of readdirSync(shipped)) symlinkSync(join(shipped, file), join(folder, file))
  const card = LIVENESS_CARDS.find(({ role }) => role === 'face-liveness') as ModelCard
  const retrained = { ...card, version: '1.0.1', thresholds: { live: { value: 0.6, source: 'a try' } } }
  const own = join(folder, 'livenessnet@1.0.1')
  mkdirSync(own)
  symlinkSync(join(shipped, card.file), join(own, card.file))
  writeFileSync(join(own, MANIFEST_FILE), JSON.stringify({ schema: 1, models: [retrained] }))
  return folder
}

beforeAll(async () => {
  world = await openRolloutWorld()
  world.startWorker({ MODELS_DIR: await aModelsDir() })
  await world.check(1)
})
afterEach(async () => {
  if (begun === undefined) return
  await world.end(begun)
  await world.workerIs(begun, 'left')
  begun = undefined
})
afterAll(async () => {
  await world?.close()
  rmSync(folder, { recursive: true, force: true })
})

const start = async (overrides: Partial<NewRollout>) => {
  const rollout = await world.start({ limits: LIMITS, ...overrides })
  begun = rollout.id
  return rollout.id
}

it('answers with a candidate that lies beside the models, and names it with its threshold', async () => {
  const [before] = await world.check(1)
  expect(before?.models).toContainEqual(expect.objectContaining({ name: 'livenessnet', version: '1.0.0' }))
  const candidate = { role: 'face-liveness', model: 'livenessnet@1.0.1', thresholds: {} }
  const id = await start({ mode: 'canary', candidate })
  await world.workerIs(id, 'ready')
  const [job] = await world.check(1)
  expect(job).toMatchObject({ state: 'succeeded', result: { live: expect.any(Boolean) } })
  expect(job?.models).toContainEqual(expect.objectContaining({ name: 'livenessnet', version: '1.0.1' }))
  expect(job?.thresholdSet).not.toBe(before?.thresholdSet)
  const kept = await world.catalog.thresholds(job?.thresholdSet ?? '')
  expect(kept?.thresholds).toMatchObject({ 'face-liveness': { live: 0.6 }, rules: { allowPass: false } })
  expect(JSON.parse(readFileSync(join(folder, MANIFEST_FILE), 'utf8')).models.length).toBeGreaterThan(1)
})

it('counts what a detector that finds no face decides differently, and takes it back; no job fails for it', async () => {
  const candidate = { role: 'face-detector', model: null, thresholds: { score: 0.999_999 } }
  const id = await start({ candidate })
  await world.workerIs(id, 'ready')
  const jobs = []
  // One after the other: beside other work a shadow waits.
  for (let count = 0; count < 3; count += 1) jobs.push(...(await world.check(1)))
  expect(new Set(jobs.map(({ state }) => state))).toEqual(new Set(['succeeded']))
  await vi.waitFor(async () => {
    const { candidate: own } = await world.rollouts.counts(id)
    expect([own.compared, own.flips, own.positives]).toEqual([3, 3, 0])
  }, WAIT)
  await createJudgeRollouts({ ...world, audit: createMemoryAuditLog(), metrics: silence().metrics })()
  expect(await world.rollouts.find(id)).toMatchObject({
    state: 'taken-back',
    changeReason: "3 of 3 decisions differ from the base's; 2.00 % may differ",
  })
})

it('says of a threshold that no card has, and of a model that is not there, that it cannot be tried', async () => {
  const mistyped = await start({
    mode: 'canary',
    candidate: { role: 'face-liveness', model: null, thresholds: { life: 0.5 } },
  })
  expect((await world.workerIs(mistyped, 'failed'))?.error).toContain('has no threshold "life"')
  await world.end(mistyped)
  await world.workerIs(mistyped, 'left')
  const missing = await start({
    mode: 'canary',
    candidate: { role: 'face-liveness', model: 'livenessnet@9.9.9', thresholds: {} },
  })
  expect((await world.workerIs(missing, 'failed'))?.error).toContain('is missing')
})
