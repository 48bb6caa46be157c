import { randomUUID } from 'node:crypto'
import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AppError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import { ANSWER_HEADERS } from './answer-headers.ts'
import { PROBLEM_TYPE, PROBLEMS, type Problem, type ProblemCode, toProblem } from './problem.ts'
import { RequestError, type RequestErrorCode } from './request-error.ts'

/** What Fastify and its parsers say of a request, in our codes. */
const FRAMEWORK: Readonly<Record<string, readonly [RequestErrorCode, string]>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: ['MALFORMED_BODY', 'the body is not valid JSON'],
  FST_ERR_CTP_EMPTY_JSON_BODY: ['MALFORMED_BODY', 'the body is empty'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: ['MALFORMED_BODY', 'the body is not as long as announced'],
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is larger than this call takes'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'this content type is not supported here'],
  FST_ERR_ROUTE_MISSING_CONTENT_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'this method needs a content type'],
  FST_ERR_BAD_URL: ['NOT_FOUND', 'the path is not well-formed'],
  FST_ERR_MAX_PARAM_LENGTH: ['NOT_FOUND', 'the path is too long'],
}

/** A fault of the caller's that has no name in the table yet is still his, and no failure of ours. */
const UNNAMED = ['INVALID_REQUEST', 'the request cannot be served as it is'] as const
const isCallersFault = (error: unknown): boolean => {
  if (error instanceof AppError || !(error instanceof Error) || !('statusCode' in error)) return false
  return typeof error.statusCode === 'number' && error.statusCode >= 400 && error.statusCode < 500
}

/** Speak our words where a framework error is the caller's to mend. @returns our error, else the error as it is */
export const toAppError = (error: unknown): unknown => {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  const [ours, message] = FRAMEWORK[code] ?? (isCallersFault(error) ? UNNAMED : [])
  return ours && message ? new RequestError(ours, message, { cause: error }) : error
}

const send = (reply: FastifyReply, { status, headers, body }: Problem): FastifyReply => {
  // A rest of a body that nobody wants need not be read to its end.
  if (status === 413) reply.header('connection', 'close')
  return reply.code(status).headers(headers).type(PROBLEM_TYPE).send(body)
}

/** Answer paths the router cannot take apart. No hook runs for them, so what every answer carries is added here. */
export const answerBadPath = (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
  reply.headers({ ...ANSWER_HEADERS, 'x-request-id': request.id, 'server-timing': 'total;dur=0' })
  send(reply, toProblem(toAppError(error), request.id))
}

/** Answer every error as a problem, and log those that are ours, once, here. */
export const addErrorHandling = (app: FastifyInstance, log: Logger): void => {
  const answer = (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toAppError(thrown)
    const problem = toProblem(error, request.id)
    if (problem.status >= 500) log.error({ requestId: request.id, error }, 'request failed')
    return send(reply, problem)
  }
  app.setErrorHandler(answer)
  app.setNotFoundHandler((request, reply) => answer(new RequestError('NOT_FOUND', 'no such path'), request, reply))
}

const CLIENT_ERRORS: Readonly<Record<string, ProblemCode>> = {
  HPE_HEADER_OVERFLOW: 'HEADERS_TOO_LARGE',
  ERR_HTTP_REQUEST_TIMEOUT: 'REQUEST_TIMEOUT',
}

/** Whoever was refused has this long to read why: an end he never answers must not keep the connection open. */
const LINGER_MS = 2_000

/** Answer what is not even a request, for example headers over the limit; then the connection ends. */
export const answerClientError = (error: Error & { code?: string }, socket: Socket): void => {
  if (!socket.writable || error.code === 'ECONNRESET') {
    socket.destroy()
    return
  }
  const code = CLIENT_ERRORS[error.code ?? ''] ?? 'MALFORMED_REQUEST'
  const { status, title, hint } = PROBLEMS[code]
  const requestId = randomUUID()
  const type = `urn:muster:problem:${code.toLowerCase().replaceAll('_', '-')}`
  const body = JSON.stringify({ type, title, status, code, request_id: requestId, retryable: false, hint })
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `content-type: ${PROBLEM_TYPE}`,
      `content-length: ${Buffer.byteLength(body)}`,
      `x-request-id: ${requestId}`,
      ...Object.entries(ANSWER_HEADERS).map(([name, value]) => `${name}: ${value}`),
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}
