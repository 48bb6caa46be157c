import Type, { type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ModelInvalidError } from '../domain/model-errors.ts'
import { isModelName, isModelVersion } from '../domain/model-version.ts'
import type { ModelManifest, ModelSet } from '../ports/model-store.ts'

/** A piece is held in memory whole, once to send and once to receive it; a small model is one piece. */
export const PIECE_BYTES = 32 * 1024 * 1024

const Digest = Type.String({ pattern: '^sha256:[0-9a-f]{64}$' })
/** Beside the others, so without any folder, and never hidden. */
const FileName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$' })
const Bytes = Type.Integer({ minimum: 0 })
const Instant = Type.String({ pattern: '^\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z$' })
const Named = { name: Type.String(), version: Type.String() }

const ManifestDocument = Type.Object(
  {
    schema: Type.Literal(1),
    ...Named,
    role: Type.String({ minLength: 1, maxLength: 100 }),
    card: Type.Record(Type.String(), Type.Unknown()),
    files: Type.Array(
      Type.Object({
        file: FileName,
        digest: Digest,
        bytes: Bytes,
        pieces: Type.Array(Type.Object({ digest: Digest, bytes: Type.Integer({ minimum: 0, maximum: PIECE_BYTES }) })),
      }),
      { minItems: 1, maxItems: 1_000 },
    ),
    publishedAt: Instant,
  },
  { additionalProperties: false },
)

const SetDocument = Type.Object(
  {
    schema: Type.Literal(1),
    sequence: Type.Integer({ minimum: 1, maximum: 9_999_999_999 }),
    roles: Type.Array(Type.Object({ role: Type.String({ minLength: 1 }), ...Named, manifest: Digest })),
    createdAt: Instant,
    note: Type.Optional(Type.String({ maxLength: 500 })),
  },
  { additionalProperties: false },
)

const read = (what: string, bytes: Uint8Array, schema: TSchema): unknown => {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(bytes).toString())
  } catch (error) {
    throw new ModelInvalidError(what, ['it is not JSON'], error)
  }
  if (Value.Check(schema, document)) return document
  const problems = Value.Errors(schema, document).map((error) => `${error.instancePath || '/'} ${error.message}`)
  throw new ModelInvalidError(what, [...new Set(problems)])
}

const twice = (names: readonly string[]): readonly string[] =>
  [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map((name) => `${name} stands there twice`)

const nameProblems = ({ name, version }: { readonly name: string; readonly version: string }): readonly string[] => [
  ...(isModelName(name) ? [] : ['the name must be a-z, 0-9, dot, dash and underscore']),
  ...(isModelVersion(version) ? [] : ['the version must be a semantic one, without build metadata']),
]

/** What the manifest of a version says. @throws ModelInvalidError */
export const parseModelManifest = (what: string, bytes: Uint8Array): ModelManifest => {
  const manifest = read(what, bytes, ManifestDocument) as ModelManifest
  const problems = [
    ...nameProblems(manifest),
    ...twice(manifest.files.map(({ file }) => file)),
    ...manifest.files
      .filter(({ bytes: whole, pieces }) => pieces.reduce((sum, piece) => sum + piece.bytes, 0) !== whole)
      .map(({ file }) => `the pieces of ${file} are not as long as the file`),
    ...manifest.files.filter(({ file }) => file === 'manifest.json').map(({ file }) => `no file may be called ${file}`),
  ]
  if (problems.length > 0) throw new ModelInvalidError(what, problems)
  return manifest
}

/** What a set says. @throws ModelInvalidError */
export const parseModelSet = (what: string, bytes: Uint8Array): ModelSet => {
  const set = read(what, bytes, SetDocument) as ModelSet
  const problems = [...set.roles.flatMap(nameProblems), ...twice(set.roles.map(({ role }) => role))]
  if (problems.length > 0) throw new ModelInvalidError(what, problems)
  return set
}

/** The exact bytes that are signed and stored. */
export const documentBytes = (document: ModelManifest | ModelSet): Uint8Array =>
  Buffer.from(`${JSON.stringify(document, undefined, 2)}\n`)
