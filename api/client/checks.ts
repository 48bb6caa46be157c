import { newIdempotencyKey } from './environment.ts'
import type { FinishedJob, Job } from './job.ts'
import { isFinished } from './job.ts'
import { type CallOptions, type Jobs, jobIn, pollJob, preferWaiting } from './jobs.ts'
import { type Answer, resultOf } from './outcome.ts'
import { type Picture, type PreparedPicture, preparePicture } from './picture.ts'
import type { TaskName } from './results.ts'
import { Scope } from './scope.ts'
import { checkedIdempotencyKey, checkedMaxRetries, checkedTimeoutMs, type Settings } from './settings.ts'
import { buildSubmission, type SubmissionOptions } from './submit.ts'
import type { Preference, Request, Transport } from './transport.ts'

/** How one check is asked for. */
export interface CheckOptions extends CallOptions {
  /** sent in place of a random one: the same key again joins the same job, also from another process */
  readonly idempotencyKey?: string
  /** when the signal fires, cancel the job too, instead of leaving it to finish unseen */
  readonly cancelOnAbort?: boolean
  /**
   * Have the service cancel the job when it loses this call's connection while it waits: also when this process died.
   * A lost connection is then not tried again, because the job went with it. Includes `cancelOnAbort`.
   */
  readonly cancelOnDisconnect?: boolean
  /** false: nothing is kept; the pictures go when the check is over, and its result with the answer */
  readonly store?: boolean
  /** your own reference to the person, 1 to 128 visible ASCII characters, not a name: `subjects.erase` erases by it */
  readonly subject?: string
  /** called when the job is over, beside your endpoints; signed with the tenant's own secret */
  readonly webhookUrl?: string
  /** how long the job may take, in whole ms from its acceptance, 1,000 to 86,400,000; then it ends as `expired` */
  readonly deadlineMs?: number
  /** true: answer with the accepted job at once, and let it wait behind work that somebody is waiting for */
  readonly async?: boolean
}

/** What is asked for. */
export interface Check<T extends TaskName> {
  readonly task: T
  readonly pictures: Readonly<Record<string, Picture>>
  readonly options: Readonly<Record<string, string>>
}

/** What a check runs on. */
export interface CheckDeps {
  readonly settings: Settings
  readonly transport: Transport
  readonly jobs: Jobs
}

/** Open a call on the client's settings, with what the call itself says going first. */
export const openScope = (settings: Settings, options: CallOptions = {}): Scope => {
  checkedMaxRetries(options.maxRetries ?? settings.maxRetries)
  return new Scope(settings.timers, checkedTimeoutMs(options.timeoutMs ?? settings.timeoutMs), options.signal)
}

/** To cancel a job one must know its id: most jobs are done by then, and of the others it is known so early. */
const CANCELABLE_WAIT_SECONDS = 1

/** With its connection the service knows the job anyway. */
const withConnection = (preference: Preference): Preference => ({
  ...preference,
  header: `${preference.header}, cancel-on-disconnect`,
})

const preferOf = (options: CheckOptions): ((scope: Scope) => Preference) => {
  if (options.async) return () => ({ header: 'respond-async', waitMs: 0 })
  if (options.cancelOnDisconnect) return (scope) => withConnection(preferWaiting(scope))
  return (scope) => preferWaiting(scope, options.cancelOnAbort ? CANCELABLE_WAIT_SECONDS : undefined)
}

/** What every check takes beside its own options. */
const commonOf = ({ store, subject, webhookUrl, deadlineMs }: CheckOptions): SubmissionOptions => ({
  ...(store !== undefined && { store }),
  ...(subject !== undefined && { subject }),
  ...(webhookUrl !== undefined && { webhookUrl }),
  ...(deadlineMs !== undefined && { deadlineMs }),
})

const submit = async (
  { transport }: CheckDeps,
  { task, options }: Check<TaskName>,
  pictures: Readonly<Record<string, PreparedPicture>>,
  how: CheckOptions & { readonly idempotencyKey: string },
  scope: Scope,
): Promise<Job> => {
  const { body, headers, bytes } = await buildSubmission(pictures, { ...options, ...commonOf(how) })
  const request: Request = {
    method: 'POST',
    to: `/v1/${task}`,
    headers: { ...headers, 'idempotency-key': how.idempotencyKey },
    body,
    bodyBytes: bytes,
    prefer: preferOf(how),
    retryLost: how.async === true || !how.cancelOnDisconnect,
  }
  return jobIn(await transport.send(request, scope, how.maxRetries), scope)
}

/** The submission goes on after an abort, for long enough to learn the job's id and cancel it. */
const submitCancelable = async (
  deps: CheckDeps,
  check: Check<TaskName>,
  pictures: Readonly<Record<string, PreparedPicture>>,
  how: CheckOptions & { readonly idempotencyKey: string },
  scope: Scope,
): Promise<Job> => {
  const { signal: _, ...unsignalled } = how
  const detached = openScope(deps.settings, unsignalled)
  const submission = submit(deps, check, pictures, how, detached).finally(() => detached.end())
  try {
    return await scope.race(submission)
  } catch (error) {
    if (how.signal?.aborted) submission.then(({ id }) => cancelQuietly(deps, id)).catch(() => {})
    throw error
  }
}

/** The caller has already been told that the call is over: whether this works changes nothing for it. */
const cancelQuietly = ({ jobs }: CheckDeps, id: string): void => {
  jobs.cancel(id).catch(() => {})
}

const waitFor = async (deps: CheckDeps, job: Job, how: CheckOptions, scope: Scope): Promise<FinishedJob> => {
  if (isFinished(job)) return job
  try {
    return await pollJob(deps.transport, job.id, scope, how.maxRetries)
  } catch (error) {
    if ((how.cancelOnAbort || how.cancelOnDisconnect) && how.signal?.aborted) cancelQuietly(deps, job.id)
    throw error
  }
}

/**
 * Submit a check and, unless it is asynchronous, wait for its result.
 * @throws PictureError, ConfigurationError before anything is sent; MusterError by what happened
 */
export const runCheck = async <T extends TaskName>(
  deps: CheckDeps,
  check: Check<T>,
  options: CheckOptions = {},
): Promise<Answer<T> | Job<T>> => {
  const idempotencyKey = checkedIdempotencyKey(options.idempotencyKey ?? newIdempotencyKey())
  const how = { ...options, idempotencyKey }
  const { settings } = deps
  const scope = openScope(settings, options)
  try {
    scope.check()
    const pictures: Record<string, PreparedPicture> = {}
    for (const [name, picture] of Object.entries(check.pictures))
      pictures[name] = await preparePicture(name, picture, settings.maxPictureBytes, scope)
    const submitted = await (how.cancelOnAbort && !how.cancelOnDisconnect ? submitCancelable : submit)(
      deps,
      check,
      pictures,
      how,
      scope,
    )
    scope.jobId = submitted.id
    if (options.async) return submitted as Job<T>
    return resultOf((await waitFor(deps, submitted, how, scope)) as FinishedJob<T>)
  } finally {
    scope.end()
  }
}
