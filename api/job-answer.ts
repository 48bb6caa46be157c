import type { FastifyReply } from 'fastify'
import { isFinal, type Job } from '../infra/domain/job.ts'
import type { TaskName } from '../infra/domain/task.ts'
import { RequestError } from '../infra/http/request-error.ts'
import type { ForgetAnswered } from './forget-answered.ts'
import { jobSchema, serverTimingOf, toJobResource } from './job-resource.ts'
import type { TaskDefinition } from './routes/task-definition.ts'

/** What a caller does between two looks at a job that is not done (s). */
const RETRY_AFTER_SECONDS = 1

/** @throws RequestError JOB_ERASED: what is left of an erased job is nobody's answer */
export const refuseErased = ({ erasedAt }: Job): void => {
  if (erasedAt !== null) throw new RequestError('JOB_ERASED', 'the job was erased')
}

/** How a job is answered. */
export interface JobAnswer {
  readonly job: Job
  /** how long the outcome was on its way back to the request that made the job */
  readonly replyMs?: number
  /** of a submission: 202 while the job is open, so that callers know they must come back */
  readonly submitted?: boolean
}

/** Puts jobs into answers. */
export interface AnswerJob {
  /** schema of a task's job */
  schemaOf(task: TaskName): ReturnType<typeof jobSchema>
  /** @throws RequestError JOB_ERASED */
  send(reply: FastifyReply, answer: JobAnswer): FastifyReply
}

/**
 * Every task's job has its own serializer: what the schema does not know never leaves the process, and no answer is
 * checked against the schemas of other tasks.
 * @param forget called once the outcome of a job that is not to be kept has gone out
 */
export const createAnswerJob = (definitions: readonly TaskDefinition[], forget: ForgetAnswered): AnswerJob => {
  const schemas = new Map(definitions.map(({ task, result }) => [task, jobSchema(task, result)]))
  const schemaOf = (task: TaskName): ReturnType<typeof jobSchema> => {
    const schema = schemas.get(task)
    if (!schema) throw new Error(`no definition for task ${task}`)
    return schema
  }

  return {
    schemaOf,
    send(reply, { job, replyMs, submitted = false }) {
      refuseErased(job)
      const resource = toJobResource(job, replyMs)
      const { muster } = reply.request
      muster.jobId = job.id
      muster.serverTiming = serverTimingOf(resource.timings)
      const open = !isFinal(job.state)
      // Once it has gone out, not before: a caller who went away may ask again.
      if (!open && !job.keep) reply.raw.once('finish', () => forget(job))
      if (open) reply.header('retry-after', String(RETRY_AFTER_SECONDS))
      if (open && submitted) reply.header('location', `/v1/jobs/${job.id}`)
      reply.code(open && submitted ? 202 : 200).type('application/json; charset=utf-8')
      const serialize = reply.compileSerializationSchema(schemaOf(job.task) as unknown as Record<string, unknown>)
      return reply.serializer(serialize as (payload: unknown) => string).send(resource)
    },
  }
}
