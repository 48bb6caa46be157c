import { createPrivateKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createModelStore } from '../../../../infra/model-store/model-store.ts'
import { createModelPublisher } from '../../../../infra/model-store/publisher.ts'
import { newKeyPair, trustedOf } from '../../../../infra/model-store/signing-keys.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { packageVersion } from '../../../../worker/models/package-version.ts'
import { loadModel, type Models, openModels } from '../../../../worker/models/registry.ts'
import { createOnnxRuntime } from '../../../../worker/runtimes/onnx.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'
import { silence } from '../../../fixtures/silence.ts'

let dir: string
let shipped: Models
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-package-'))
  shipped = await openModels({ dir: await preparedModels(), roles: ['face-liveness', 'text-recogniser'] })
})
afterAll(() => rm(dir, { recursive: true }))

it('names files after the version and keeps everything else of the card', () => {
  const model = shipped.get('text-recogniser')
  const { name, version, role, card, files } = packageVersion(model)
  expect({ name, version, role }).toEqual({ name: 'ppocr-v4-rec', version: '4.0.0', role: 'text-recogniser' })
  expect(files).toEqual([
    { file: 'ppocr-v4-rec-4.0.0.onnx', path: model.path },
    { file: 'ppocr-v4-rec-4.0.0-dictionary.txt', path: model.asset('dictionary') },
  ])
  const assets = model.card.assets?.map((asset) => ({ ...asset, file: 'ppocr-v4-rec-4.0.0-dictionary.txt' }))
  expect(card).toEqual({ ...model.card, file: 'ppocr-v4-rec-4.0.0.onnx', assets })
})

it('is loaded like a shipped model after it was published and obtained', async () => {
  const { id, privateKey } = newKeyPair()
  const key = { id, key: createPrivateKey(privateKey) }
  const blobs = createMemoryBlobStore()
  const publisher = createModelPublisher({ blobs, clock: systemClock }, key)
  for (const model of shipped.all) await publisher.publish(packageVersion(model))
  const { log } = silence()
  const common = { cacheDir: dir, cacheBytes: 1e9, timeoutMs: 20_000, clock: systemClock, log }
  const store = createModelStore({ blobs, trusted: [trustedOf(key)], ...common })
  const roles = await Promise.all(
    shipped.all.map(async ({ card: { role, name, version } }) => ({
      ...{ role, name, version },
      manifest: (await store.manifest(name, version)).digest,
    })),
  )
  await publisher.publishSet(roles)

  const one = await openModels({ dir: await store.obtain('livenessnet', '1.0.0'), roles: ['face-liveness'] })
  const all = await openModels({ dir: (await store.obtainSet()).folder })
  expect(all.all.map(({ ref }) => ref).sort((a, b) => (a.name < b.name ? -1 : 1))).toEqual(
    shipped.all.map(({ ref }) => ref),
  )
  expect(one.get('face-liveness').ref).toEqual(shipped.get('face-liveness').ref)
  const runtime = await createOnnxRuntime({ devices: ['cpu'], threads: 1 })
  const session = await loadModel(runtime, one.get('face-liveness'))
  expect(session.inputs).toEqual(['image'])
  await session.close()
  await store.close()
})
