import type { JobError } from './job.ts'

/**
 * Pixels of the picture as it was judged: upright (EXIF orientation applied) and at most 2560 px on its longer side. The
 * origin is the top left corner.
 */
export interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** How usable a face is. Ratios are 0..1, higher is better. */
export interface FaceQuality {
  /** distance between the eyes, in pixels of the upright picture */
  readonly eyeDistancePx: number
  /** 0 = blurred beyond use, 1 = crisp */
  readonly sharpness: number
  /** mean luminance of the face, 0 = black, 1 = white */
  readonly brightness: number
  /** in-plane rotation of the eyes' line, degrees, clockwise positive */
  readonly rollDegrees: number
  /** estimated from landmarks; 0 = frontal, positive = turned to the picture's right */
  readonly yawDegrees: number
}

export interface Face {
  readonly box: Box
  /** the detector's confidence, 0..1 */
  readonly score: number
  readonly quality: FaceQuality
}

export interface FaceMatchResult {
  /** 0..1, monotone in the distance of the two embeddings; the mapping is in the model's manifest */
  readonly similarity: number
  readonly match: boolean
  /** the similarity from which `match` is true */
  readonly threshold: number
  /** the face compared comes first */
  readonly faces: { readonly source: readonly Face[]; readonly target: readonly Face[] }
}

export interface LivenessResult {
  /** score is at or over the threshold. See `assurance` before you rely on it */
  readonly live: boolean
  readonly score: number
  readonly threshold: number
  /** what to do; `pass` is only given where the operator allowed it */
  readonly verdict: 'pass' | 'review' | 'fail'
  /** how far the model's answer can be trusted against a real attack */
  readonly assurance: 'low' | 'substantial'
  /** what the score was made from, each 0..1, higher = more likely live */
  readonly signals: readonly { readonly name: string; readonly score: number }[]
  readonly face: Face
}

export interface OcrField {
  /** as normalised: dates are ISO 8601, names in capitals with single spaces */
  readonly value: string
  /** 0..1 */
  readonly confidence: number
  /** where it was read: the machine-readable zone, the printed text, or both in agreement */
  readonly source: 'mrz' | 'visual' | 'both'
  /** as printed, where normalising changed it */
  readonly raw?: string
}

export interface MrzCheck {
  readonly field: 'documentNumber' | 'birthDate' | 'expiryDate' | 'personalNumber' | 'composite'
  readonly digit: string
  readonly valid: boolean
}

export interface Mrz {
  readonly format: 'TD1' | 'TD2' | 'TD3' | 'MRV-A' | 'MRV-B'
  readonly lines: readonly string[]
  readonly checks: readonly MrzCheck[]
  /** every check digit is valid */
  readonly valid: boolean
}

export const OCR_FIELDS = [
  'surname',
  'givenNames',
  'documentNumber',
  'nationality',
  'issuingCountry',
  'birthDate',
  'sex',
  'issueDate',
  'expiryDate',
  'personalNumber',
] as const
export type OcrFieldName = (typeof OCR_FIELDS)[number]

export const DOCUMENT_TYPES = ['passport', 'identity-card', 'visa', 'unknown'] as const
export type DocumentType = (typeof DOCUMENT_TYPES)[number]

export interface OcrResult {
  readonly documentType: DocumentType
  readonly fields: { readonly [name in OcrFieldName]?: OcrField }
  readonly mrz: Mrz | null
  /** every line of text found, top to bottom; the box is the upright bounding box */
  readonly text: readonly { readonly text: string; readonly confidence: number; readonly box: Box }[]
  /** outcomes that do not fail the job but that a caller should act on, for example MRZ_CHECKSUM_FAILED */
  readonly warnings: readonly JobError[]
}
