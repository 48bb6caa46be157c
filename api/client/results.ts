/** Pixels of the upright picture (EXIF orientation applied); the origin is the top left corner. */
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
  /** 0 = frontal, positive = turned to the picture's right */
  readonly yawDegrees: number
}

/** One face found in a picture. */
export interface Face {
  readonly box: Box
  /** the detector's confidence, 0..1 */
  readonly score: number
  readonly quality: FaceQuality
}

/** Do two pictures show the same person? */
export interface FaceMatchResult {
  /** 0..1, higher = more alike */
  readonly similarity: number
  readonly match: boolean
  /** the similarity from which `match` is true */
  readonly threshold: number
  /** the face compared comes first */
  readonly faces: { readonly source: readonly Face[]; readonly target: readonly Face[] }
}

/** Is a living person in front of the camera? */
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

/** One value read from a document. */
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

/** One check digit of the machine-readable zone. */
export interface MrzCheck {
  readonly field: 'documentNumber' | 'birthDate' | 'expiryDate' | 'personalNumber' | 'composite'
  readonly digit: string
  readonly valid: boolean
}

/** The machine-readable zone: the lines of `<` characters. */
export interface Mrz {
  readonly format: 'TD1' | 'TD2' | 'TD3' | 'MRV-A' | 'MRV-B'
  readonly lines: readonly string[]
  readonly checks: readonly MrzCheck[]
  /** every check digit is valid */
  readonly valid: boolean
}

export type OcrFieldName =
  | 'surname'
  | 'givenNames'
  | 'documentNumber'
  | 'nationality'
  | 'issuingCountry'
  | 'birthDate'
  | 'sex'
  | 'issueDate'
  | 'expiryDate'
  | 'personalNumber'

export type DocumentType = 'passport' | 'identity-card' | 'visa' | 'unknown'

/** What was read from a document. */
export interface OcrResult {
  readonly documentType: DocumentType
  readonly fields: { readonly [name in OcrFieldName]?: OcrField }
  readonly mrz: Mrz | null
  /** every line of text found, top to bottom; the box is the upright bounding box */
  readonly text: readonly { readonly text: string; readonly confidence: number; readonly box: Box }[]
  /** outcomes that do not fail the job but that a caller should act on, for example MRZ_CHECKSUM_FAILED */
  readonly warnings: readonly JobProblem[]
}

/** The outcomes Muster names today. More may be added; none is ever renamed. */
export type OutcomeCode =
  | 'NO_FACE'
  | 'SEVERAL_FACES'
  | 'FACE_TOO_SMALL'
  | 'FACE_BLURRED'
  | 'DOCUMENT_UNREADABLE'
  | 'MRZ_CHECKSUM_FAILED'
  | 'PICTURE_UNREADABLE'
  | 'PICTURE_TYPE_UNSUPPORTED'
  | 'PICTURE_TOO_LARGE'
  | 'PICTURE_TOO_SMALL'
  | 'PICTURE_GONE'
  | 'DEADLINE_EXCEEDED'
  | 'STORAGE_UNAVAILABLE'
  | 'INFERENCE_FAILED'
  | 'WORKER_LOST'

/** Why a job did not succeed, in words a person can act on. */
export interface JobProblem {
  /** an `OutcomeCode`, or one that is newer than this client */
  readonly code: string
  readonly message: string
  /** `caller`: send something else. `service`: the same request may work later. */
  readonly fault: 'caller' | 'service'
  readonly retryable: boolean
  readonly hint: string
  /** the picture at fault, by field name: `source`, `target` or `image` */
  readonly picture?: string
}

/** Each task's result. */
export interface ResultByTask {
  readonly 'face-match': FaceMatchResult
  readonly liveness: LivenessResult
  readonly ocr: OcrResult
}

export type TaskName = keyof ResultByTask
