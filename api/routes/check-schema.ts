import Type, { type TSchema } from 'typebox'
import { answer, problems } from '../../infra/http/responses.ts'
import { strict } from '../../infra/http/schema.ts'
import { FORM_COMMON, JSON_COMMON } from '../common-options.ts'
import type { AnswerJob } from '../job-answer.ts'
import { toJobResource } from '../job-resource.ts'
import { MAX_WAIT_SECONDS } from '../prefer.ts'
import type { TaskDefinition } from './task-definition.ts'

const UUID = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'

const JsonPicture = strict(
  {
    base64: Type.Optional(Type.String({ minLength: 1, description: 'the file, in base64 without line breaks' })),
    uploadId: Type.Optional(Type.String({ pattern: UUID, description: 'of a picture uploaded before' })),
  },
  { minProperties: 1, maxProperties: 1, description: 'JPEG, PNG or WebP; one of the two members' },
)

// No `type`: binary data has none in OpenAPI 3.1, and what arrived is checked when the picture is taken from the body.
const FormPicture = Type.Unsafe<unknown>({
  contentMediaType: 'application/octet-stream',
  description: 'the file: JPEG, PNG or WebP',
})

/** What an idempotency key may look like. Checked before the schema is, so that a bad one has a code of its own. */
export const IDEMPOTENCY_KEY = '^[\\x21-\\x7e]{1,255}$'

const JobHeaders = Type.Object({
  prefer: Type.Optional(
    Type.String({
      description: `\`wait=N\`: wait up to N seconds for the result (0 to ${MAX_WAIT_SECONDS}, 10 if not given); \`respond-async\`: do not wait, use the bulk lane; \`cancel-on-disconnect\`: cancel the job when the connection is lost while it waits`,
    }),
  ),
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: IDEMPOTENCY_KEY,
      description:
        'one key a request, the same for every retry of it: the job is made once. 1 to 255 visible ASCII characters',
    }),
  ),
})

const text = (description: string): TSchema => Type.String({ description })

const ANSWERED = {
  'ratelimit-policy': text('the limits of the tenant: requests in a time, jobs at once'),
  ratelimit: text('what is left of them'),
  'preference-applied': text('the preference that was followed, where one was given'),
  'idempotent-replayed': text('`true` when an earlier request with this idempotency key had finished the job'),
}
const OPEN = {
  ...ANSWERED,
  location: text('the job'),
  'retry-after': text('seconds to wait before looking at the job'),
}

const anExample = ({ task, example }: TaskDefinition) =>
  toJobResource(
    {
      id: '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e',
      tenant: '',
      task,
      lane: 'interactive',
      state: 'succeeded',
      attempt: 1,
      input: { pictures: [], options: {} },
      result: example as never,
      error: null,
      models: [{ name: `${task}-model`, version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
      thresholdSet: `sha256:${'0'.repeat(16)}`,
      timings: { storeMs: 21.4, queueMs: 3.1, fetchMs: 1.8, decodeMs: 6.2, batchWaitMs: 2, inferMs: 48.7, runMs: 61.5 },
      createdAt: Date.UTC(2026, 10, 20, 9, 0, 0, 0),
      startedAt: Date.UTC(2026, 10, 20, 9, 0, 0, 3),
      finishedAt: Date.UTC(2026, 10, 20, 9, 0, 0, 65),
      deadline: Date.UTC(2026, 10, 20, 9, 1, 0, 0),
      keep: true,
      erasedAt: null,
    },
    3.5,
  )

/** 32 by 32 white pixels: the smallest picture that is taken, so that the example can be sent as it stands. */
const AN_EMPTY_PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAACAAAAAgAQAAAABbAUdZAAAAD0lEQVR42mP4DwQMg5cAANrpf4Em8vpjAAAAAElFTkSuQmCC'

const bodyOf = ({ pictures, options, task }: TaskDefinition) => {
  const of = (
    picture: TSchema,
    common: Readonly<Record<string, TSchema>>,
    example: (name: string, index: number) => unknown,
  ) => ({
    schema: Type.Object(
      { ...Object.fromEntries(pictures.map((name) => [name, picture])), ...options, ...common },
      {
        additionalProperties: false,
        examples: [Object.fromEntries(pictures.map((name, index) => [name, example(name, index)]))],
      },
    ),
  })
  const json = of(JsonPicture, JSON_COMMON, (_, index) =>
    index === 0 ? { base64: AN_EMPTY_PICTURE } : { uploadId: '7f8c1f0e-58d8-4b1a-9a54-0d3c8a1e2b6f' },
  )
  if (pictures.length === 0) return { content: { 'application/json': json } }
  return {
    content: {
      'application/json': json,
      'multipart/form-data': of(FormPicture, FORM_COMMON, (name) => `${task}-${name}.jpg`),
    },
  }
}

/** What the documentation says of a check and what its requests are checked against. */
export const checkSchema = (definition: TaskDefinition, { schemaOf }: AnswerJob) => {
  const { task, summary, description } = definition
  const job = schemaOf(task)
  const finished = { ...job, examples: [anExample(definition)] }
  return {
    operationId: `create-${task}`,
    tags: ['checks'],
    summary,
    description,
    headers: JobHeaders,
    body: bodyOf(definition),
    response: {
      200: answer('The finished job', finished, ANSWERED),
      202: answer('The job, accepted and not finished yet', job, OPEN),
      ...problems(
        'INVALID_REQUEST',
        'MALFORMED_BODY',
        'IDEMPOTENCY_KEY_INVALID',
        'BODY_TOO_LARGE',
        'PICTURE_TOO_LARGE',
        'UNSUPPORTED_MEDIA_TYPE',
        'PICTURE_TYPE_UNSUPPORTED',
        'PICTURE_UNREADABLE',
        'PICTURE_TOO_SMALL',
        'UPLOAD_NOT_FOUND',
        'WEBHOOK_URL_REFUSED',
        'IDEMPOTENCY_BUSY',
        'IDEMPOTENCY_MISMATCH',
        'JOB_ERASED',
        'OVERLOADED',
        'RATE_LIMITED',
        'TOO_MANY_IN_FLIGHT',
      ),
    },
  }
}
