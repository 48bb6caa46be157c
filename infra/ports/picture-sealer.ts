import type { Job, WrappedKey } from '../domain/job.ts'

/** The seal of one new job. */
export interface JobSeal {
  /** to be kept with the job; undefined when pictures are stored as they are */
  readonly sealed: WrappedKey | undefined
  /** @param name the picture's: sealed under one name it does not open under another */
  seal(name: string, picture: Uint8Array): Uint8Array
}

/** Opens one job's pictures. @throws SealBrokenError */
export type OpenPicture = (name: string, sealed: Uint8Array) => Uint8Array

/**
 * Makes pictures unreadable where they are stored: each job has a data key of its own, and only its row can open it.
 * @throws KeyUnknownError, SealBrokenError, UnavailableError of whatever holds the key-encryption keys
 */
export interface PictureSealer {
  begin(tenant: string, jobId: string): Promise<JobSeal>
  opener(job: Pick<Job, 'id' | 'tenant'>, sealed: WrappedKey): Promise<OpenPicture>
}
