import { readFile } from 'node:fs/promises'
import { type Static, Type } from 'typebox'
import { Value } from 'typebox/value'
import { ModelManifestError, ModelMissingError } from './errors.ts'

/** What a model is for. A task asks for a role; which model fills it is the manifest's business. */
export const MODEL_ROLES = [
  'face-detector',
  'face-detector-wide',
  'face-landmarks',
  'face-embedding',
  'face-antispoof',
  'face-liveness',
  'text-detector',
  'text-recogniser',
  'text-direction',
] as const

/** One of `MODEL_ROLES`. */
export type ModelRole = (typeof MODEL_ROLES)[number]

const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' })
const Dims = Type.Array(Type.Union([Type.Integer({ minimum: 1 }), Type.String({ pattern: '^[A-Z][A-Za-z0-9/]*$' })]))
const ByChannel = Type.Tuple([Type.Number(), Type.Number(), Type.Number()])

/** Beside the model, so without any folder. */
const FileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' })

const InputCard = Type.Object({
  name: Type.String({ minLength: 1 }),
  /** a number is fixed; `N` is the batch and free; any other letter is an axis of free length */
  dims: Dims,
  dtype: Type.Enum(['uint8', 'float32']),
  layout: Type.Enum(['NHWC', 'NCHW']),
  colour: Type.Enum(['RGB', 'BGR']),
  /** what is fed is `(pixel - mean) / std` by channel, in the order of `colour`, for pixels of 0..255 */
  mean: ByChannel,
  std: ByChannel,
  /** the face's box is enlarged by this factor round its centre before it is cut out */
  crop: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
})

const OutputCard = Type.Object({
  name: Type.String({ minLength: 1 }),
  dims: Dims,
  dtype: Type.Enum(['float32']),
  meaning: Type.String(),
})

/** A number that belongs to the model, and who says so. */
const Threshold = Type.Object({ value: Type.Number(), source: Type.String({ minLength: 1 }) })

const ModelAsset = Type.Object({ name: Type.String(), file: FileName, digest: Digest })

/** Where the weights are from and under which terms. */
const ModelOrigin = Type.Object({
  package: Type.String(),
  version: Type.String(),
  file: Type.String(),
  licence: Type.String(),
  weights: Type.String(),
})

/** How the share of "live" is read from a liveness model: from one number of one output. */
const LiveReading = Type.Object({
  output: Type.String(),
  index: Type.Integer({ minimum: 0 }),
  activation: Type.Enum(['none', 'sigmoid', 'softmax']),
})

/** The schema of a model card. */
export const ModelCard = Type.Object(
  {
    role: Type.Enum([...MODEL_ROLES]),
    name: Type.String({ minLength: 1 }),
    /** semantic version of the model as Muster ships it */
    version: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+([-+][0-9A-Za-z.-]+)?$' }),
    file: FileName,
    digest: Digest,
    input: InputCard,
    outputs: Type.Array(OutputCard, { minItems: 1 }),
    thresholds: Type.Record(Type.String(), Threshold),
    assets: Type.Optional(Type.Array(ModelAsset)),
    live: Type.Optional(LiveReading),
    /** how far a liveness model can be trusted against a real attack */
    assurance: Type.Optional(Type.Enum(['low', 'substantial'])),
    origin: ModelOrigin,
    /** what the model cannot do, in words for whoever relies on it */
    limits: Type.Array(Type.String()),
  },
  { additionalProperties: false },
)

/** Everything there is to know about one model besides its weights. */
export type ModelCard = Static<typeof ModelCard>

/** The schema of `manifest.json`. */
export const Manifest = Type.Object({ schema: Type.Literal(1), models: Type.Array(ModelCard) })

/** What a models directory holds. */
export type Manifest = Static<typeof Manifest>

/** The manifest's name inside a models directory. */
export const MANIFEST_FILE = 'manifest.json'

const parse = async <T extends typeof Manifest | typeof ModelCard>(schema: T, path: string): Promise<Static<T>> => {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new ModelMissingError(path, error)
  })
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch (error) {
    throw new ModelManifestError(path, ['it is not JSON'], error)
  }
  if (Value.Check(schema, document)) return document
  const problems = Value.Errors(schema, document).map((error) => `${error.instancePath || '/'} ${error.message}`)
  throw new ModelManifestError(path, [...new Set(problems)])
}

/** @throws ModelMissingError, ModelManifestError */
export const readManifest = (path: string): Promise<Manifest> => parse(Manifest, path)

/** One card by itself, as it lies beside an operator's own model. @throws ModelMissingError, ModelManifestError */
export const readModelCard = (path: string): Promise<ModelCard> => parse(ModelCard, path)
