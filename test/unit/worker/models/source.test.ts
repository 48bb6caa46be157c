import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ModelNotFoundError, ModelSetReplayedError } from '../../../../infra/domain/model-errors.ts'
import type { ModelStore } from '../../../../infra/ports/model-store.ts'
import { createLogger } from '../../../../infra/runtime/logger.ts'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { obtainModels } from '../../../../worker/models/source.ts'
import { createFakeModelStore, type FakeModelStore } from '../../../fakes/model-store.ts'

let dir: string
let published: FakeModelStore
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-source-'))
  published = createFakeModelStore(dir)
})
afterEach(() => rm(dir, { recursive: true }))

const publish = (version: string): void => {
  const card = { name: 'net', version, role: 'face-liveness', file: `net-${version}.onnx` }
  published.publish({ ...card, card, files: new Map([[card.file, Buffer.from(version)]]) })
  published.publishSet([{ name: 'net', version }])
}

const obtain = async (source: { MODELS_SOURCE: string; MODELS_DIR?: string }, store: ModelStore | undefined) => {
  const { metrics, registry } = createMetrics('test')
  const folder = await obtainModels(source, { store, metrics, log: createLogger('test', 'silent') })
  return { folder, text: await registry.metrics() }
}

it('takes the folder that is configured, whatever is published', async () => {
  publish('1.0.0')
  const { folder, text } = await obtain({ MODELS_SOURCE: 'folder', MODELS_DIR: '/models' }, published.open())
  expect(folder).toBe('/models')
  expect(text).not.toContain('muster_models_obtain_seconds')
  expect(text).toContain('muster_models_behind{service="test"} 0')
})

it('obtains the latest set, and shows how long that took', async () => {
  publish('1.0.0')
  publish('1.0.1')
  const { folder, text } = await obtain({ MODELS_SOURCE: 'storage' }, published.open())
  expect((await readdir(folder)).sort()).toEqual(['manifest.json', 'net-1.0.1.onnx'])
  expect(text).toMatch(/muster_models_obtain_seconds\{service="test"\} \d/)
  expect(text).toContain('muster_models_set{service="test"} 2')
  expect(text).toContain('muster_models_behind{service="test"} 0')
})

it('goes on with what was trusted before, and shows that it is behind', async () => {
  publish('1.0.0')
  publish('1.0.1')
  await published.open().obtainSet()
  published.removeSet()
  const store = published.open()
  const { text } = await obtain({ MODELS_SOURCE: 'storage' }, store)
  expect(text).toContain('muster_models_set{service="test"} 2')
  expect(text).toContain('muster_models_behind{service="test"} 1')
  await expect(store.currentSet()).rejects.toThrow(ModelSetReplayedError)
})

it('starts with nothing that it has not got', async () => {
  await expect(obtain({ MODELS_SOURCE: 'storage' }, published.open())).rejects.toThrow(ModelNotFoundError)
})
