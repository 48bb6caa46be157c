import { join } from 'node:path'
import type { Thresholds } from '../../infra/domain/thresholds.ts'
import { ModelManifestError } from '../models/errors.ts'
import { MANIFEST_FILE, MODEL_ROLES, type ModelRole } from '../models/manifest.ts'
import { type Model, type Models, openModels } from '../models/registry.ts'
import type { CandidateModel } from './task-module.ts'

const isRole = (role: string): role is ModelRole => (MODEL_ROLES as readonly string[]).includes(role)

/** A threshold the card does not have would be one that nothing reads: a person has mistyped it. */
const withThresholds = (model: Model, changed: CandidateModel['thresholds']): Model => {
  const unknown = Object.keys(changed).filter((name) => !Object.hasOwn(model.card.thresholds, name))
  if (unknown.length > 0)
    throw new ModelManifestError(
      model.card.file,
      unknown.map((name) => `${model.card.name} has no threshold "${name}"`),
    )
  const told = Object.entries(changed).map(([name, value]) => [name, { value, source: 'a rollout' }] as const)
  const thresholds = { ...model.card.thresholds, ...Object.fromEntries(told) }
  return {
    ...model,
    card: { ...model.card, thresholds },
    threshold: (name) => changed[name] ?? model.threshold(name),
  }
}

/**
 * The same models with the candidate in its place.
 * @throws ModelMissingError, ModelCorruptError, ModelManifestError when it cannot take that place
 */
export const withCandidate = async (models: Models, candidate: CandidateModel | undefined): Promise<Models> => {
  if (!candidate) return models
  const { role, folder, thresholds } = candidate
  const before = models.all.find(({ card }) => card.role === role)
  if (!before || !isRole(role))
    throw new ModelManifestError(MANIFEST_FILE, ['the task has no model of the role to try'])
  const found = folder === undefined ? before : (await openModels({ dir: folder, roles: [role] })).get(role)
  if (role === 'face-liveness' && !found.card.live)
    throw new ModelManifestError(join(folder ?? '', MANIFEST_FILE), ['it does not say how `live` is read'])
  const tried = withThresholds(found, thresholds)
  return {
    all: models.all.map((model) => (model === before ? tried : model)),
    get: (wanted) => (wanted === role ? tried : models.get(wanted)),
  }
}

/** Every threshold on the cards of these models, by role. */
export const thresholdsOf = ({ all }: Models): Thresholds =>
  Object.fromEntries(
    all.map(({ card }) => [
      card.role,
      Object.fromEntries(Object.entries(card.thresholds).map(([name, { value }]) => [name, value])),
    ]),
  )
