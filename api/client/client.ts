import { type CheckOptions, openScope, runCheck } from './checks.ts'
import { Erasures, Subjects } from './erasures.ts'
import type { Job } from './job.ts'
import { Jobs, type RunCall } from './jobs.ts'
import { Models } from './models.ts'
import type { Answer } from './outcome.ts'
import type { Picture } from './picture.ts'
import type { DocumentType, TaskName } from './results.ts'
import { type MusterOptions, type Settings, settingsOf } from './settings.ts'
import { Transport } from './transport.ts'
import { Uploads } from './uploads.ts'
import { WebhooksClient } from './webhooks.ts'

/** Options of a check that answers with the accepted job instead of waiting. */
export type AsyncOptions = CheckOptions & { readonly async: true }
/** Options of a check that waits. */
export type WaitOptions = CheckOptions & { readonly async?: false }

export interface FaceMatchInput {
  readonly source: Picture
  readonly target: Picture
}

export interface LivenessInput {
  readonly image: Picture
}

export interface OcrInput {
  readonly image: Picture
  /** what the document is, where that is known */
  readonly documentType?: DocumentType
}

/**
 * Muster's client: identity checks as calls that answer with their result. Safe to share and to keep for ever; retries
 * never run a check twice, because every submission carries one idempotency key for all its attempts.
 */
export class Muster {
  /** jobs by id: look, wait, cancel, erase */
  readonly jobs: Jobs
  /** pictures that go straight to object storage */
  readonly uploads: Uploads
  /** everything under your own reference to a person */
  readonly subjects: Subjects
  /** receipts of erasures */
  readonly erasures: Erasures
  /** the models in use */
  readonly models: Models
  /** being called when checks are over */
  readonly webhooks: WebhooksClient
  readonly #settings: Settings
  readonly #transport: Transport

  /** @throws ConfigurationError when an option is missing or cannot be used */
  constructor(options: MusterOptions = {}) {
    const settings = settingsOf(options)
    const run: RunCall = async (call, work) => {
      const scope = openScope(settings, call)
      try {
        scope.check()
        return await work(scope)
      } finally {
        scope.end()
      }
    }
    this.#settings = settings
    this.#transport = new Transport(settings)
    this.jobs = new Jobs(this.#transport, run)
    this.uploads = new Uploads(this.#transport, run, settings)
    this.subjects = new Subjects(this.#transport, run)
    this.erasures = new Erasures(this.#transport, run)
    this.models = new Models(this.#transport, run)
    this.webhooks = new WebhooksClient(this.#transport, run)
  }

  /**
   * Do two pictures show the same person? A "no" is a result, not an error.
   * @returns the result, with its `job` beside it; with `async: true` the accepted job
   * @throws JobFailedError when a picture cannot be judged, for example `NO_FACE`
   * @throws MusterError's other subclasses by what happened
   */
  faceMatch(input: FaceMatchInput, options: AsyncOptions): Promise<Job<'face-match'>>
  faceMatch(input: FaceMatchInput, options?: WaitOptions): Promise<Answer<'face-match'>>
  async faceMatch({ source, target }: FaceMatchInput, options?: CheckOptions) {
    return this.#check('face-match', { source, target }, {}, options)
  }

  /**
   * Does the picture show a living person in front of the camera? A "no" is a result, not an error.
   * @returns the result, with its `job` beside it; with `async: true` the accepted job
   * @throws JobFailedError when the picture cannot be judged
   * @throws MusterError's other subclasses by what happened
   */
  liveness(input: LivenessInput, options: AsyncOptions): Promise<Job<'liveness'>>
  liveness(input: LivenessInput, options?: WaitOptions): Promise<Answer<'liveness'>>
  async liveness({ image }: LivenessInput, options?: CheckOptions) {
    return this.#check('liveness', { image }, {}, options)
  }

  /**
   * Read an identity document. Look at `warnings` and `mrz.valid` before you rely on a field.
   * @returns the result, with its `job` beside it; with `async: true` the accepted job
   * @throws JobFailedError when nothing can be read
   * @throws MusterError's other subclasses by what happened
   */
  ocr(input: OcrInput, options: AsyncOptions): Promise<Job<'ocr'>>
  ocr(input: OcrInput, options?: WaitOptions): Promise<Answer<'ocr'>>
  async ocr({ image, documentType }: OcrInput, options?: CheckOptions) {
    return this.#check('ocr', { image }, documentType === undefined ? {} : { documentType }, options)
  }

  #check<T extends TaskName>(
    task: T,
    pictures: Readonly<Record<string, Picture>>,
    options: Readonly<Record<string, string>>,
    how: CheckOptions | undefined,
  ) {
    const deps = { settings: this.#settings, transport: this.#transport, jobs: this.jobs }
    return runCheck(deps, { task, pictures, options }, how)
  }
}

export type { CheckOptions } from './checks.ts'
export type { Erasure } from './erasures.ts'
export {
  AbortError,
  AuthenticationError,
  BadRequestError,
  ConfigurationError,
  ConflictError,
  ConnectionError,
  InternalServerError,
  InvalidAnswerError,
  MusterError,
  NotFoundError,
  PermissionDeniedError,
  PictureError,
  type Problem,
  RateLimitError,
  TimeoutError,
  UnavailableError,
  UnprocessableError,
} from './errors.ts'
export type {
  EndedJob,
  FailedJob,
  FinishedJob,
  Job,
  JobStatus,
  ModelRef,
  PendingJob,
  SucceededJob,
  Timings,
} from './job.ts'
export { isFinished } from './job.ts'
export type { CallOptions } from './jobs.ts'
export type { Model } from './models.ts'
export {
  type Answer,
  JobCanceledError,
  JobExpiredError,
  JobFailedError,
  resultOf,
} from './outcome.ts'
export type { Base64Picture, Picture, UploadedPicture } from './picture.ts'
export type * from './results.ts'
export type { Timers } from './scope.ts'
export type { MusterOptions } from './settings.ts'
export type { Exchange } from './transport.ts'
export { type SignedUpload, sendUpload } from './uploads.ts'
export {
  type CheckEvent,
  type EndpointDisabledEvent,
  type TestEvent,
  type UnwrapOptions,
  unwrapWebhook,
  type WebhookEvent,
  type WebhookHeaders,
  WebhookVerificationError,
} from './webhook-event.ts'
export type { DeliveryPage, Webhook, WebhookDelivery, WebhookDeliveryWithCalls, WebhookSettings } from './webhooks.ts'
