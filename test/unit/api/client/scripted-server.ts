import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Job, PendingJob, SucceededJob } from '../../../../api/client/job.ts'
import type { ResultByTask, TaskName } from '../../../../api/client/results.ts'

/** A request as it arrived, its body read to the end. */
export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
  /** the body as multipart form data */
  form(): Promise<FormData>
  json(): unknown
}

/** One line of the script: what happens to the next request. */
export type Line = (response: ServerResponse, request: Received, url: string) => void

const read = async (request: IncomingMessage): Promise<Received> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const type = request.headers['content-type'] ?? ''
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    headers: request.headers,
    body,
    form: () => new Response(body, { headers: { 'content-type': type } }).formData(),
    json: () => JSON.parse(body.toString()),
  }
}

/** A real HTTP server on a free loopback port that answers request after request as the script says. */
export const startScriptedServer = async () => {
  const requests: Received[] = []
  const script: Line[] = []
  const arrivals: (() => void)[] = []
  let url = ''
  const server = createServer((incoming, response) => {
    void read(incoming).then((request) => {
      requests.push(request)
      const line = script.shift() ?? problem(400, { code: 'SCRIPT_OVER', detail: 'the script has no further line' })
      line(response, request, url)
      for (const arrived of arrivals.splice(0)) arrived()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    /** Append lines; one is used up by each request. */
    will(...lines: Line[]): void {
      script.push(...lines)
    },
    /** Resolves when so many requests have arrived since the start. */
    async received(count: number): Promise<void> {
      while (requests.length < count) await new Promise<void>((resolve) => arrivals.push(resolve))
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type ScriptedServer = Awaited<ReturnType<typeof startScriptedServer>>

/** Answer JSON. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Line =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req-1', ...headers })
    response.end(JSON.stringify(body))
  }

/** Answer problem details. */
export const problem = (status: number, body: object = {}, headers: Record<string, string> = {}): Line =>
  json(status, { type: 'about:blank', status, ...body }, { 'content-type': 'application/problem+json', ...headers })

/** Answer text as it is. */
export const text =
  (status: number, body: string, headers: Record<string, string> = {}): Line =>
  (response) => {
    response.writeHead(status, headers).end(body)
  }

/** Break the connection before anything is answered. */
export const reset: Line = (response) => {
  response.socket?.resetAndDestroy()
}

/** Break the connection in the middle of the answer. */
export const resetMidAnswer: Line = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' })
  response.write('{"id":"job-1","task":', () => response.socket?.resetAndDestroy())
}

/** Never answer. */
export const silence: Line = () => {}

const facts = <T extends TaskName>(task: T) => ({
  id: 'job-1',
  task,
  lane: 'interactive' as const,
  models: [{ name: 'face', version: '1.0.0', digest: 'sha256:00' }],
  attempts: 1,
  createdAt: '2026-11-20T09:00:00.000Z',
  startedAt: '2026-11-20T09:00:00.010Z',
  finishedAt: '2026-11-20T09:00:00.120Z',
  deadline: '2026-11-20T09:01:00.000Z',
  timings: { storeMs: 4, queueMs: 10, runMs: 110, inferMs: 80, replyMs: 2 },
})

const face = {
  box: { left: 10, top: 12, width: 100, height: 120 },
  score: 0.99,
  quality: { eyeDistancePx: 60, sharpness: 0.8, brightness: 0.5, rollDegrees: 1, yawDegrees: -2 },
}

/** Results as the service would give them. */
export const results: { readonly [T in TaskName]: ResultByTask[T] } = {
  'face-match': { similarity: 0.87, match: true, threshold: 0.6, faces: { source: [face], target: [face] } },
  liveness: {
    live: true,
    score: 0.91,
    threshold: 0.5,
    verdict: 'review',
    assurance: 'low',
    signals: [{ name: 'anti-spoof', score: 0.91 }],
    face,
  },
  ocr: {
    documentType: 'passport',
    fields: {
      surname: { value: 'ERIKSSON', confidence: 0.98, source: 'both' },
      birthDate: { value: '1974-08-12', confidence: 0.99, source: 'mrz', raw: '740812' },
    },
    mrz: {
      format: 'TD3',
      lines: ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'],
      checks: [{ field: 'documentNumber', digit: '6', valid: true }],
      valid: true,
    },
    text: [],
    warnings: [],
  },
}

/** A finished job. */
export const aJob = <T extends TaskName>(task: T, overrides: Partial<SucceededJob<T>> = {}): SucceededJob<T> => ({
  ...facts(task),
  status: 'succeeded',
  result: results[task],
  error: null,
  ...overrides,
})

/** A job that is under way. */
export const aPendingJob = <T extends TaskName>(task: T, overrides: Partial<PendingJob<T>> = {}): PendingJob<T> => ({
  ...facts(task),
  status: 'queued',
  result: null,
  error: null,
  startedAt: null,
  finishedAt: null,
  ...overrides,
})

/** Answer 200 with a finished job. */
export const finished = (job: Job): Line => json(200, job)

/** Answer 202 with a job under way. */
export const accepted = (job: Job = aPendingJob('face-match'), headers: Record<string, string> = {}): Line =>
  json(202, job, { location: `/v1/jobs/${job.id}`, ...headers })
