import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import Type from 'typebox'
import { addressHash, createRefusals } from '../http/refusals.ts'
import { RequestError } from '../http/request-error.ts'
import type { AuditLog } from '../ports/audit-log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Secret } from '../runtime/secrets.ts'
import type { Conversation } from './conversation.ts'
import { actionCall, commandCall, payloadOfForm, type SlackCall } from './payload.ts'
import { signatureProblem } from './signature.ts'

interface SlackRoutesDeps {
  readonly signingSecret: Secret<string>
  readonly conversation: Conversation
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
}

/** A press brings the whole message with it. */
const MAX_BODY_BYTES = 256 * 1024

const headerOf = ({ headers }: FastifyRequest, name: string): string | undefined => {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

const notSigned = () => new RequestError('UNAUTHENTICATED', 'this request does not carry a fresh signature of Slack')

type ReadCall = (form: URLSearchParams, requestId: string) => SlackCall | undefined

const readCommand: ReadCall = (form, requestId) => commandCall(Object.fromEntries(form), requestId)
const readAction: ReadCall = (form, requestId) => actionCall(payloadOfForm(form), requestId)

/**
 * Commands and presses as Slack sends them over HTTP. Slack signs its requests and has no key of ours; the signature is
 * over the bytes of the body, so they are kept as they come. Call it for a scope of its own.
 */
export const addSlackRoutes = (scope: FastifyInstance, deps: SlackRoutesDeps): void => {
  const { signingSecret, conversation, clock } = deps
  const refusals = createRefusals(deps)
  scope.addHook('onClose', async () => {
    await Promise.all([conversation.drain(), refusals.flush()])
  })
  scope.removeAllContentTypeParsers()
  scope.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'buffer' }, (_request, body, done) =>
    done(null, body),
  )

  const verify = (request: FastifyRequest, body: Uint8Array): string => {
    const signature = headerOf(request, 'x-slack-signature')
    const timestamp = headerOf(request, 'x-slack-request-timestamp')
    const judge = (secret: string) => signatureProblem(secret, { timestamp, signature, body }, clock.now())
    const first = judge(signingSecret.now())
    const problem = first === 'wrong' ? judge(signingSecret.renewed()) : first
    if (problem === undefined && signature !== undefined) return signature
    const actor = `address:${addressHash(request.ip)}`
    const details = { reason: problem ?? 'missing' }
    refusals.note({ actor, tenant: null, action: 'authn_fail', target: 'slack', details, requestId: request.id })
    throw notSigned()
  }

  const add = (url: string, read: ReadCall): void => {
    const config = { access: 'public' as const }
    const schema = { hide: true, body: Type.Unknown() }
    scope.post(url, { config, schema, bodyLimit: MAX_BODY_BYTES }, async (request, reply) => {
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
      const signature = verify(request, body)
      const form = new URLSearchParams(body.toString('utf8'))
      // Slack looks now and then whether we are there.
      if (form.get('ssl_check') === '1') return reply.code(200).send()
      const call = read(form, request.id)
      if (!call) throw new RequestError('INVALID_REQUEST', 'this is no command and no press of a button of Muster')
      const name = `signature:${createHash('sha256').update(signature).digest('hex')}`
      const ack = await conversation.hear(call, name)
      if (ack.kind === 'answer') return reply.code(200).send(ack.answer)
      if (ack.what === 'delivery') throw notSigned()
      return reply.code(200).send()
    })
  }
  add('/v1/slack/commands', readCommand)
  add('/v1/slack/actions', readAction)
}
