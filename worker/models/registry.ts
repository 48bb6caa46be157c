import { basename, dirname, join } from 'node:path'
import type { ModelRef } from '../../infra/domain/job.ts'
import type { Runtime, Session } from '../runtimes/runtime.ts'
import { digestOfFile } from './digest.ts'
import { ModelCorruptError, ModelManifestError } from './errors.ts'
import { MANIFEST_FILE, type ModelCard, type ModelRole, readManifest, readModelCard } from './manifest.ts'

/** A model whose files have been verified. */
export interface Model {
  readonly ref: ModelRef
  /** of the ONNX file */
  readonly path: string
  readonly card: ModelCard
  /** @throws ModelManifestError when the card holds no such number */
  threshold(name: string): number
  /** path of a file that belongs to the model, for example `dictionary`. @throws ModelManifestError when it has none */
  asset(name: string): string
}

/** The verified models of one directory, with replacements in place. */
export interface Models {
  readonly all: readonly Model[]
  /** @throws ModelManifestError when no model fills the role */
  get(role: ModelRole): Model
}

/** An operator's own model: the ONNX file, and its card beside it as `<path>.json`. */
export interface Replacement {
  readonly path: string
  /** hex SHA-256 the file must have, told apart from the card so that one edit cannot exchange both */
  readonly sha256: string
}

/** Where models are and which are wanted. */
export interface OpenModels {
  readonly dir: string
  /** verify and offer only these; every model by default */
  readonly roles?: readonly ModelRole[]
  readonly replacements?: { readonly [role in ModelRole]?: Replacement }
}

const verify = async (path: string, digest: string, remedy?: string): Promise<void> => {
  const actual = await digestOfFile(path)
  if (actual !== digest) throw new ModelCorruptError(path, digest, actual, remedy)
}

const toModel = (folder: string, manifest: string, card: ModelCard): Model => ({
  ref: { name: card.name, version: card.version, digest: card.digest },
  path: join(folder, card.file),
  card,
  threshold: (name) => {
    const threshold = card.thresholds[name]
    if (!threshold) throw new ModelManifestError(manifest, [`${card.name} has no threshold "${name}"`])
    return threshold.value
  },
  asset: (name) => {
    const asset = card.assets?.find((candidate) => candidate.name === name)
    if (!asset) throw new ModelManifestError(manifest, [`${card.name} has no asset "${name}"`])
    return join(folder, asset.file)
  },
})

const openShipped = async (dir: string, card: ModelCard): Promise<Model> => {
  for (const { file, digest } of [card, ...(card.assets ?? [])]) await verify(join(dir, file), digest)
  return toModel(dir, join(dir, MANIFEST_FILE), card)
}

const openReplacement = async (role: ModelRole, { path, sha256 }: Replacement): Promise<Model> => {
  const cardPath = `${path}.json`
  const card = await readModelCard(cardPath)
  const digest = `sha256:${sha256.toLowerCase()}`
  const problems = [
    ...(card.role === role ? [] : [`its role is ${card.role}, but ${role} is to be replaced`]),
    ...(card.digest === digest ? [] : ['its digest is not the configured one']),
    ...(card.file === basename(path) ? [] : [`its file is ${card.file}, but ${basename(path)} is configured`]),
    ...(role === 'face-liveness' && !card.live ? ['it does not say how `live` is read'] : []),
  ]
  if (problems.length > 0) throw new ModelManifestError(cardPath, problems)
  const folder = dirname(path)
  for (const { file, digest: expected } of [card, ...(card.assets ?? [])])
    await verify(join(folder, file), expected, 'put the right file there, or correct the configured digest')
  return toModel(folder, cardPath, card)
}

/**
 * One model of one's own, by itself: the file, and its card beside it as `<path>.json`. Its digest is taken from the card.
 * @throws ModelMissingError, ModelCorruptError, ModelManifestError
 */
export const openOwnModel = async (path: string): Promise<Model> => {
  const { role, digest } = await readModelCard(`${path}.json`)
  return openReplacement(role, { path, sha256: digest.slice('sha256:'.length) })
}

/**
 * Read a models directory and verify the digest of every file that will be used.
 * @throws ModelMissingError, ModelCorruptError: the directory was not prepared or was damaged
 * @throws ModelManifestError when the manifest or a replacement's card is not usable
 */
export const openModels = async ({ dir, roles, replacements = {} }: OpenModels): Promise<Models> => {
  const manifestPath = join(dir, MANIFEST_FILE)
  const { models: cards } = await readManifest(manifestPath)
  const wanted = roles ?? [...new Set(cards.map((card) => card.role))]
  const all: Model[] = []
  for (const role of wanted) {
    const replacement = replacements[role]
    const card = cards.find((candidate) => candidate.role === role)
    if (replacement) all.push(await openReplacement(role, replacement))
    else if (card) all.push(await openShipped(dir, card))
    else throw new ModelManifestError(manifestPath, [`no model fills the role ${role}`])
  }
  return {
    all,
    get: (role) => {
      const model = all.find((candidate) => candidate.card.role === role)
      if (!model) throw new ModelManifestError(manifestPath, [`no model was opened for the role ${role}`])
      return model
    },
  }
}

/**
 * Load a verified model and check that it takes and gives the tensors its card names.
 * @throws RuntimeUnavailableError from the runtime
 * @throws ModelManifestError when the card is about another model
 */
export const loadModel = async (runtime: Runtime, model: Model): Promise<Session> => {
  const session = await runtime.load(model.path)
  const missing = [
    ...(session.inputs.includes(model.card.input.name) ? [] : [`input ${model.card.input.name}`]),
    ...model.card.outputs.filter(({ name }) => !session.outputs.includes(name)).map(({ name }) => `output ${name}`),
  ]
  if (missing.length === 0) return session
  await session.close()
  throw new ModelManifestError(model.path, [`the card names what the model does not have: ${missing.join(', ')}`])
}
