import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { passOverBodies } from '../../../../infra/http/bare-requests.ts'
import { openServer } from '../../../../infra/http/open-server.ts'
import { addRequestContext } from '../../../../infra/http/request-context.ts'
import { addErrorHandling } from '../../../../infra/http/request-errors.ts'
import { validatorCompiler } from '../../../../infra/http/validate.ts'
import type { ChatRequest } from '../../../../infra/ports/chat.ts'
import { lasting } from '../../../../infra/runtime/secrets.ts'
import { createConversation } from '../../../../infra/slack/conversation.ts'
import { actionId, actionValue } from '../../../../infra/slack/payload.ts'
import { addSlackRoutes } from '../../../../infra/slack/routes.ts'
import { signatureOf } from '../../../../infra/slack/signature.ts'
import { createMemoryAuditLog } from '../../../fakes/audit-log.ts'
import { createMemoryReplayRecord } from '../../../fakes/replay-record.ts'
import { silence } from '../../../fixtures/silence.ts'

const SECRET = 'a-signing-secret-of-slack'
const NEXT_SECRET = 'the-one-that-takes-its-place'
const NOW = 1_700_000_000_000

const openReplica = async (replays = createMemoryReplayRecord(), audit = createMemoryAuditLog()) => {
  const { log } = silence()
  const requests: ChatRequest[] = []
  const responses: unknown[] = []
  const chat = async (request: ChatRequest) => {
    requests.push(request)
    return { lines: ['done'] }
  }
  const respond = async (_url: string | undefined, answer: unknown) => {
    responses.push(answer)
    return true
  }
  const clock = { now: () => NOW, monotonic: () => performance.now() }
  const conversation = createConversation({ chat, replays, respond, log })
  const app = openServer({ keepAliveMs: 1_000, requestTimeoutMs: 5_000 })
  app.setValidatorCompiler(validatorCompiler)
  app.removeContentTypeParser('text/plain')
  addErrorHandling(app, log)
  const authenticate = () => Promise.reject(new Error('no key is asked for'))
  addRequestContext(app, { authenticate, audit, clock, log })
  passOverBodies(app)
  const signingSecret = { ...lasting(SECRET), renewed: () => NEXT_SECRET }
  await app.register(async (scope) => addSlackRoutes(scope, { signingSecret, conversation, audit, clock, log }))
  await app.ready()
  return { app, requests, responses, replays, audit }
}
type Replica = Awaited<ReturnType<typeof openReplica>>

const form = (changes: Record<string, string> = {}): string =>
  new URLSearchParams({ user_id: 'U1', trigger_id: '1.2', text: 'pin checks 5 because a & b', ...changes }).toString()

interface Sending {
  readonly url?: string
  readonly secret?: string
  readonly at?: number
  readonly headers?: Readonly<Record<string, string>>
}
const send = (
  { app }: Replica,
  body: string,
  { url = 'commands', secret = SECRET, at = NOW, headers }: Sending = {},
) => {
  const timestamp = String(Math.floor(at / 1000))
  const signature = signatureOf(secret, timestamp, Buffer.from(body))
  const signed = { 'x-slack-request-timestamp': timestamp, 'x-slack-signature': signature }
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  return app.inject({
    method: 'POST',
    url: `/v1/slack/${url}`,
    payload: body,
    headers: { ...type, ...signed, ...headers },
  })
}

let replica: Replica
beforeEach(async () => {
  replica = await openReplica()
})
afterEach(() => replica.app.close())

describe('addSlackRoutes', () => {
  it('does what a signed command says, and answers who said it', async () => {
    const { statusCode, json } = await send(replica, form()).then((r) => ({ statusCode: r.statusCode, json: r.json() }))
    expect([statusCode, json]).toMatchObject([200, { response_type: 'ephemeral', text: 'done' }])
    expect(replica.requests).toMatchObject([{ kind: 'said', user: 'U1', text: 'pin checks 5 because a & b' }])
  })

  it('knows a secret that has just been changed', async () => {
    expect((await send(replica, form(), { secret: NEXT_SECRET })).statusCode).toBe(200)
    expect(replica.requests).toHaveLength(1)
  })

  it('does what a signed press says, with an empty answer at once', async () => {
    const actions = [{ action_id: actionId('undo'), value: actionValue('checks', '7') }]
    const payload = JSON.stringify({ type: 'block_actions', user: { id: 'U1' }, trigger_id: '1.3', actions })
    const answer = await send(replica, new URLSearchParams({ payload }).toString(), { url: 'actions' })
    expect([answer.statusCode, answer.body]).toEqual([200, ''])
    expect(replica.requests).toMatchObject([{ kind: 'pressed', action: 'undo', pool: 'checks', about: '7' }])
    expect(replica.responses).toHaveLength(1)
  })

  it.each([
    ['signed with another secret', { secret: 'another-secret-altogether' }],
    ['over five minutes old', { at: NOW - 301_000 }],
    ['over five minutes early', { at: NOW + 301_000 }],
    ['without a signature', { headers: { 'x-slack-signature': '' } }],
    ['with a time that was not signed', { headers: { 'x-slack-request-timestamp': String(NOW / 1000 + 1) } }],
  ])('refuses a request %s, and keeps that', async (_, sending) => {
    const answer = await send(replica, form(), sending)
    expect([answer.statusCode, answer.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }])
    expect(replica.requests).toEqual([])
    await replica.app.close()
    expect(replica.audit.events).toMatchObject([{ action: 'authn_fail', target: 'slack' }])
  })

  it('refuses a request that was sent before, also at another replica', async () => {
    const other = await openReplica(replica.replays)
    expect((await send(replica, form())).statusCode).toBe(200)
    const again = await Promise.all([send(replica, form()), send(other, form())])
    expect(again.map(({ statusCode }) => statusCode)).toEqual([401, 401])
    expect([...replica.requests, ...other.requests]).toHaveLength(1)
    await other.app.close()
  })

  it('does what Slack delivers twice once', async () => {
    await send(replica, form())
    const again = await send(replica, form(), { at: NOW + 3_000 })
    expect([again.statusCode, again.body]).toEqual([200, ''])
    expect(replica.requests).toHaveLength(1)
  })

  it('tells Slack that it is there', async () => {
    expect((await send(replica, 'ssl_check=1')).statusCode).toBe(200)
    expect(replica.requests).toEqual([])
  })

  it.each([
    ['nothing', '', 'commands', 400],
    ['no user', form({ user_id: '' }), 'commands', 400],
    ['a payload that is no JSON', 'payload=%7B', 'actions', 400],
    ['a body as long as a film', `text=${'x'.repeat(300_000)}`, 'commands', 413],
  ])('refuses %s', async (_, body, url, status) => {
    expect((await send(replica, body, { url })).statusCode).toBe(status)
    expect(replica.requests).toEqual([])
  })

  it('refuses what is no form', async () => {
    const headers = { 'content-type': 'application/json' }
    expect((await send(replica, '{}', { headers })).statusCode).toBe(415)
  })
})
