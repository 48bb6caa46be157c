import { copyFile, mkdtemp, readFile, rm, unlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../../worker/models/digest.ts'
import { ModelCorruptError, ModelManifestError, ModelMissingError } from '../../../../worker/models/errors.ts'
import { type Manifest, MODEL_ROLES, type ModelCard, readModelCard } from '../../../../worker/models/manifest.ts'
import { loadModel, openModels } from '../../../../worker/models/registry.ts'
import { createOnnxRuntime } from '../../../../worker/runtimes/onnx.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

/** The models of the small directory that tests may spoil. */
const SMALL = ['face-detector', 'face-landmarks', 'face-antispoof', 'face-liveness']

let whole: string
let dir: string
beforeAll(async () => {
  whole = await preparedModels()
})
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'muster-registry-'))
  const { models } = JSON.parse(await readFile(join(whole, 'manifest.json'), 'utf8')) as Manifest
  const small = models.filter(({ role }) => SMALL.includes(role))
  await writeFile(join(dir, 'manifest.json'), JSON.stringify({ schema: 1, models: small }))
  await Promise.all(small.map(({ file }) => copyFile(join(whole, file), join(dir, file))))
})
afterEach(() => rm(dir, { recursive: true }))

const manifestOf = async (): Promise<Manifest> =>
  JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as Manifest

const cardOf = async (role: string): Promise<ModelCard> => {
  const card = (await manifestOf()).models.find((candidate) => candidate.role === role)
  if (!card) throw new Error(`no card for ${role}`)
  return card
}

describe('openModels', () => {
  it('answers each role with its reference, path and numbers', async () => {
    const models = await openModels({ dir: whole })
    const model = models.get('face-embedding')
    const { name, version, digest, file } = model.card
    expect(model.ref).toEqual({ name, version, digest })
    expect(model.path).toBe(join(whole, file))
    expect([model.threshold('slope'), model.threshold('midpoint'), model.threshold('match')]).toEqual([14, 0.55, 0.5])
    expect(models.all.map(({ card }) => card.role).sort()).toEqual([...MODEL_ROLES].sort())
  })

  it('gives the recogniser a dictionary of one character a line, ASCII whole', async () => {
    const models = await openModels({ dir: whole, roles: ['text-recogniser'] })
    const dictionary = (await readFile(models.get('text-recogniser').asset('dictionary'), 'utf8')).split('\n')
    expect(dictionary).toHaveLength(6623)
    const ascii = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i))
    expect(ascii.filter((character) => !dictionary.includes(character))).toEqual([])
  })

  it('names the digests of a damaged file and the way out', async () => {
    const { file, digest } = await cardOf('face-landmarks')
    const bytes = await readFile(join(dir, file))
    bytes[1000] = (bytes[1000] ?? 0) ^ 1
    await writeFile(join(dir, file), bytes)
    const opening = openModels({ dir })
    await expect(opening).rejects.toThrow(ModelCorruptError)
    await expect(opening).rejects.toMatchObject({ code: 'MODEL_CORRUPT', expected: digest, path: join(dir, file) })
    await expect(opening).rejects.toThrow(/\.\/muster models/)
  })

  it('notices a damaged file that belongs to a model', async () => {
    const card = await cardOf('face-liveness')
    await writeFile(join(dir, 'words.txt'), 'damaged')
    const assets = [{ name: 'words', file: 'words.txt', digest: digestOf(Buffer.from('whole')) }]
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ schema: 1, models: [{ ...card, assets }] }))
    await expect(openModels({ dir })).rejects.toThrow(/words\.txt has digest/)
  })

  it('names a missing file and the way out', async () => {
    await unlink(join(dir, 'antispoof.onnx'))
    await expect(openModels({ dir })).rejects.toThrow(ModelMissingError)
    await expect(openModels({ dir })).rejects.toThrow(/antispoof\.onnx is missing; run `\.\/muster models`/)
  })

  it('tells a directory that was never prepared', async () => {
    await expect(openModels({ dir: join(dir, 'nowhere') })).rejects.toThrow(ModelMissingError)
  })

  it('looks only at the models asked for', async () => {
    await unlink(join(dir, 'antispoof.onnx'))
    const models = await openModels({ dir, roles: ['face-liveness'] })
    expect(models.get('face-liveness').card.assurance).toBe('low')
    expect(() => models.get('face-antispoof')).toThrow(ModelManifestError)
  })

  it.each([
    ['is not JSON', () => '{', /not JSON/],
    ['has another schema', () => '{"schema":2,"models":[]}', /\/schema/],
    [
      'leads out of the directory',
      (manifest: Manifest) => JSON.stringify(manifest).replace('antispoof.onnx', '../antispoof.onnx'),
      /\/file must match pattern/,
    ],
    [
      'lacks a digest',
      (manifest: Manifest) => JSON.stringify(manifest).replace('"digest":"sha256:', '"digest":"md5:'),
      /\/digest must match pattern/,
    ],
  ])('refuses a manifest that %s', async (_, change, message) => {
    await writeFile(join(dir, 'manifest.json'), change(await manifestOf()))
    await expect(openModels({ dir })).rejects.toThrow(ModelManifestError)
    await expect(openModels({ dir })).rejects.toThrow(message)
  })

  it.each([
    [
      'threshold "warmth"',
      (model: Awaited<ReturnType<typeof openModels>>) => model.get('face-detector').threshold('warmth'),
    ],
    ['asset "poem"', (model: Awaited<ReturnType<typeof openModels>>) => model.get('face-detector').asset('poem')],
  ])('says when a card has no %s', async (what, ask) => {
    const models = await openModels({ dir, roles: ['face-detector'] })
    expect(() => ask(models)).toThrow(what)
  })
})

describe('a replaced liveness model', () => {
  /** An operator's model: here another net that is at hand, with a card of its own. */
  const aReplacement = async (change: Partial<ModelCard> = {}) => {
    const antispoof = await cardOf('face-antispoof')
    const path = join(dir, 'own.onnx')
    await copyFile(join(dir, antispoof.file), path)
    const card = {
      ...antispoof,
      role: 'face-liveness',
      name: 'own-liveness',
      version: '3.1.0',
      file: 'own.onnx',
      assurance: 'substantial',
      ...change,
    }
    await writeFile(`${path}.json`, JSON.stringify(card))
    return { path, sha256: antispoof.digest.replace('sha256:', '') }
  }

  it('takes the shipped one its place and is named by results', async () => {
    const replacement = await aReplacement()
    const models = await openModels({ dir, replacements: { 'face-liveness': replacement } })
    const model = models.get('face-liveness')
    expect(model.ref).toEqual({ name: 'own-liveness', version: '3.1.0', digest: `sha256:${replacement.sha256}` })
    expect(model.path).toBe(replacement.path)
    expect(model.card).toMatchObject({ assurance: 'substantial', live: { output: 'score', index: 0 } })
  })

  it('has a card as the README shows it', async () => {
    const readme = await readFile(new URL('../../../../worker/models/README.md', import.meta.url), 'utf8')
    const shown: unknown = JSON.parse(/```json\n(.*?)```/s.exec(readme)?.[1] ?? '')
    await writeFile(join(dir, 'shown.json'), JSON.stringify(shown))
    expect(await readModelCard(join(dir, 'shown.json'))).toMatchObject({ name: 'minifasnet-v2', input: { crop: 2.7 } })
  })

  it('is refused when the file is not the configured one', async () => {
    const replacement = await aReplacement()
    await writeFile(replacement.path, 'another model')
    const opening = openModels({ dir, replacements: { 'face-liveness': replacement } })
    await expect(opening).rejects.toThrow(ModelCorruptError)
  })

  it.each([
    ['another digest', { digest: `sha256:${'0'.repeat(64)}` }, /digest is not the configured one/],
    ['another role', { role: 'face-antispoof' }, /its role is face-antispoof/],
    ['another file', { file: 'other.onnx' }, /its file is other\.onnx/],
    ['no way to read the score', { live: undefined }, /does not say how `live` is read/],
    ['a misspelt member', { treshold: 1 }, /additional properties/],
  ])('is refused when its card has %s', async (_, change, message) => {
    const replacement = await aReplacement(change as Partial<ModelCard>)
    const opening = openModels({ dir, replacements: { 'face-liveness': replacement } })
    await expect(opening).rejects.toThrow(ModelManifestError)
    await expect(opening).rejects.toThrow(message)
  })
})

describe('loadModel', () => {
  it('refuses a model that lacks what its card names', async () => {
    const manifest = await manifestOf()
    const models = manifest.models.map((card) =>
      card.role === 'face-liveness' ? { ...card, input: { ...card.input, name: 'picture' } } : card,
    )
    await writeFile(join(dir, 'manifest.json'), JSON.stringify({ ...manifest, models }))
    const opened = await openModels({ dir, roles: ['face-liveness'] })
    const runtime = await createOnnxRuntime({ devices: ['cpu'], threads: 1 })
    await expect(loadModel(runtime, opened.get('face-liveness'))).rejects.toThrow(/does not have: input picture/)
  })

  it('loads every shipped model', async () => {
    const models = await openModels({ dir: whole })
    const runtime = await createOnnxRuntime({ devices: ['cpu'], threads: 1 })
    for (const model of models.all) {
      const session = await loadModel(runtime, model)
      expect(session.inputs, model.ref.name).toEqual([model.card.input.name])
      await session.close()
    }
  })
})
