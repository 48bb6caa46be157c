import { AppError } from '../../infra/domain/errors.ts'

/** Three numbers, as Semantic Versioning has them; nothing is released under anything else. */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number
}

/** What is called a version is none. */
export class VersionInvalidError extends AppError {
  readonly code = 'VERSION_INVALID'
  readonly retryable = false
  constructor() {
    super('a version is three whole numbers with dots between, for example 1.4.0')
  }
}

const VERSION = /^(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})$/

/** @throws VersionInvalidError */
export const parseVersion = (text: string): Version => {
  const [, major, minor, patch] = VERSION.exec(text) ?? []
  if (patch === undefined) throw new VersionInvalidError()
  return { major: Number(major), minor: Number(minor), patch: Number(patch) }
}

/** Below 0 when `a` is the older one, over 0 when it is the newer one. */
export const compareVersions = (a: string, b: string): number => {
  const [one, other] = [parseVersion(a), parseVersion(b)]
  return one.major - other.major || one.minor - other.minor || one.patch - other.patch
}

/**
 * What a release changes for others:
 * - `contract`: something that others rely on is taken away or narrowed
 * - `logic`: Muster does something else, or more
 * - `model`: a model was trained again, and decides in the same form
 */
export type ChangeKind = 'contract' | 'logic' | 'model'

const STEPS: { readonly [kind in ChangeKind]: keyof Version } = { contract: 'major', logic: 'minor', model: 'patch' }
/** The second number is the first one until 1.0. @source Semantic Versioning 2.0.0, items 4 and 8 */
const EARLY_STEPS: { readonly [kind in ChangeKind]: keyof Version } = {
  contract: 'minor',
  logic: 'patch',
  model: 'patch',
}

/** The least version that a release with such a change may have. */
export const nextVersion = (last: string, kind: ChangeKind): string => {
  const { major, minor, patch } = parseVersion(last)
  const step = (major === 0 ? EARLY_STEPS : STEPS)[kind]
  if (step === 'major') return `${major + 1}.0.0`
  return step === 'minor' ? `${major}.${minor + 1}.0` : `${major}.${minor}.${patch + 1}`
}

/** Whether a version that follows another one says that such a change is in it. */
export const bears = (last: string, version: string, kind: ChangeKind): boolean =>
  compareVersions(version, nextVersion(last, kind)) >= 0
