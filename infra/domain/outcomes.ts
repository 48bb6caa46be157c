import type { JobError } from './job.ts'

const caller = (code: string, message: string, hint: string) =>
  ({ code, message, hint, fault: 'caller', retryable: false }) as const satisfies JobError

const service = (code: string, message: string, hint: string) =>
  ({ code, message, hint, fault: 'service', retryable: true }) as const satisfies JobError

/**
 * Every typed outcome a job can end with, other than a result. The only such table: the API's documentation, the SDK's
 * types and the workers all speak of these codes. Public: add, never rename.
 */
export const OUTCOMES = {
  NO_FACE: caller(
    'NO_FACE',
    'no face was found in the picture',
    'send a picture with one clearly visible face, upright and well lit',
  ),
  SEVERAL_FACES: caller(
    'SEVERAL_FACES',
    'more than one face could be meant',
    'send a picture with only one person in it, or crop it to the face',
  ),
  FACE_TOO_SMALL: caller('FACE_TOO_SMALL', 'the face is too small to judge', 'move closer or send a larger picture'),
  FACE_BLURRED: caller(
    'FACE_BLURRED',
    'the face is too blurred to judge',
    'hold the camera still, clean the lens, and take the picture again',
  ),
  DOCUMENT_UNREADABLE: caller(
    'DOCUMENT_UNREADABLE',
    'no document text could be read',
    'photograph the whole document, flat, sharp and without glare',
  ),
  MRZ_CHECKSUM_FAILED: caller(
    'MRZ_CHECKSUM_FAILED',
    'a check digit of the machine-readable zone does not fit',
    'photograph the two or three lines of `<` characters again, sharp and without glare',
  ),
  PICTURE_UNREADABLE: caller(
    'PICTURE_UNREADABLE',
    'the file is not a picture that can be decoded',
    'send a complete JPEG, PNG or WebP file',
  ),
  PICTURE_TYPE_UNSUPPORTED: caller(
    'PICTURE_TYPE_UNSUPPORTED',
    'this kind of file is not accepted',
    'send JPEG, PNG or WebP, with the matching content type',
  ),
  PICTURE_TOO_LARGE: caller(
    'PICTURE_TOO_LARGE',
    'the picture has too many bytes or pixels',
    'send a picture of at most 10 MB and 25 million pixels',
  ),
  PICTURE_TOO_SMALL: caller(
    'PICTURE_TOO_SMALL',
    'the picture has too few pixels',
    'send a picture of at least 32 by 32 pixels',
  ),
  PICTURE_GONE: caller('PICTURE_GONE', 'the picture is no longer stored', 'send the picture again'),
  DEADLINE_EXCEEDED: service(
    'DEADLINE_EXCEEDED',
    'the deadline passed before the job could finish',
    'try again, with a longer deadline if the answer may wait',
  ),
  STORAGE_UNAVAILABLE: service(
    'STORAGE_UNAVAILABLE',
    'the picture could not be read from storage',
    'try again in a moment',
  ),
  INFERENCE_FAILED: service('INFERENCE_FAILED', 'the model could not be run', 'try again in a moment'),
  WORKER_LOST: service(
    'WORKER_LOST',
    'workers stopped while running this job',
    'try again; report the job id if it happens twice',
  ),
} as const

export type OutcomeCode = keyof typeof OUTCOMES

/** The job error for a code, with the picture it is about. */
export const outcome = (code: OutcomeCode, picture?: string): JobError =>
  picture === undefined ? OUTCOMES[code] : { ...OUTCOMES[code], picture }
