import Type, { type Static } from 'typebox'
import type { JobError } from '../infra/domain/job.ts'
import {
  DOCUMENT_TYPES,
  type FaceMatchResult,
  type LivenessResult,
  OCR_FIELDS,
  type OcrFieldName,
  type OcrResult,
} from '../infra/domain/results.ts'
import { nullable, strict, words } from '../infra/http/schema.ts'

const ratio = (description: string) => Type.Number({ minimum: 0, maximum: 1, description })

const Box = strict(
  { left: Type.Number(), top: Type.Number(), width: Type.Number(), height: Type.Number() },
  { description: 'pixels of the upright picture; the origin is the top left corner' },
)

const FaceQuality = strict({
  eyeDistancePx: Type.Number({ description: 'distance between the eyes, in pixels of the upright picture' }),
  sharpness: ratio('0 = blurred beyond use, 1 = crisp'),
  brightness: ratio('mean luminance of the face, 0 = black, 1 = white'),
  rollDegrees: Type.Number({ description: "in-plane rotation of the eyes' line, clockwise positive" }),
  yawDegrees: Type.Number({ description: "0 = frontal, positive = turned to the picture's right; an estimate" }),
})

const Face = strict({ box: Box, score: ratio("the detector's confidence"), quality: FaceQuality })

/** Why a job did not succeed, or what to mind although it did. */
export const JobErrorSchema = strict({
  code: Type.String({ description: 'stable: codes are added, never renamed' }),
  message: Type.String(),
  fault: words(['caller', 'service'], '`caller`: send something else; `service`: the same request may work later'),
  retryable: Type.Boolean(),
  hint: Type.String({ description: 'what to do about it' }),
  picture: Type.Optional(Type.String({ description: 'the picture at fault, by field name' })),
})

/** Result of a face match. */
export const FaceMatchResultSchema = strict({
  similarity: ratio('how alike the two faces are'),
  match: Type.Boolean({ description: 'similarity is at or over the threshold' }),
  threshold: ratio('the similarity from which `match` is true'),
  faces: strict(
    { source: Type.Array(Face), target: Type.Array(Face) },
    { description: 'every face found; the one compared comes first' },
  ),
})

/** Result of a liveness check. */
export const LivenessResultSchema = strict({
  live: Type.Boolean({ description: 'score is at or over the threshold; see `assurance` before you rely on it' }),
  score: ratio('higher = more likely a live person in front of the camera'),
  threshold: ratio('the score from which `live` is true'),
  verdict: words(['pass', 'review', 'fail'], 'what to do; `pass` only where the operator allowed it'),
  assurance: words(['low', 'substantial'], 'how far the answer can be trusted against a real attack'),
  signals: Type.Array(strict({ name: Type.String(), score: ratio('higher = more likely live') }), {
    description: 'what the score was made from',
  }),
  face: Face,
})

const OcrField = strict({
  value: Type.String({ description: 'normalised: dates are ISO 8601, names in capitals with single spaces' }),
  confidence: ratio('how sure the reading is'),
  source: words(['mrz', 'visual', 'both'], 'read from the machine-readable zone, the printed text, or both alike'),
  raw: Type.Optional(Type.String({ description: 'as printed, where normalising changed it' })),
})

const Mrz = strict({
  format: words(['TD1', 'TD2', 'TD3', 'MRV-A', 'MRV-B']),
  lines: Type.Array(Type.String()),
  checks: Type.Array(
    strict({
      field: words(['documentNumber', 'birthDate', 'expiryDate', 'personalNumber', 'composite']),
      digit: Type.String(),
      valid: Type.Boolean(),
    }),
  ),
  valid: Type.Boolean({ description: 'every check digit is valid' }),
})

const ocrFields = Object.fromEntries(OCR_FIELDS.map((name) => [name, OcrField]))

/** Result of reading a document. */
export const OcrResultSchema = strict({
  documentType: words(DOCUMENT_TYPES),
  fields: Type.Unsafe<{ [name in OcrFieldName]?: Static<typeof OcrField> }>({
    type: 'object',
    properties: ocrFields,
    additionalProperties: false,
    description: 'what could be read; a field that could not is absent',
  }),
  mrz: nullable(Mrz),
  text: Type.Array(strict({ text: Type.String(), confidence: ratio('how sure the reading is'), box: Box }), {
    description: 'every line of text found, top to bottom',
  }),
  warnings: Type.Array(JobErrorSchema, { description: 'what to act on although the job succeeded' }),
})

type Frozen<T> = T extends readonly (infer Item)[]
  ? readonly Frozen<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Frozen<T[Key]> }
    : T

type Identical<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

type Holds<T extends true> = T

/** Does not compile unless each schema describes exactly the domain's type: the two can never drift apart. */
export type SchemasFitTheDomain = [
  Holds<Identical<Frozen<Static<typeof FaceMatchResultSchema>>, FaceMatchResult>>,
  Holds<Identical<Frozen<Static<typeof LivenessResultSchema>>, LivenessResult>>,
  Holds<Identical<Frozen<Static<typeof OcrResultSchema>>, OcrResult>>,
  Holds<Identical<Frozen<Static<typeof JobErrorSchema>>, JobError>>,
]
