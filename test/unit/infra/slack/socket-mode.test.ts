import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ChatRequest } from '../../../../infra/ports/chat.ts'
import { lasting } from '../../../../infra/runtime/secrets.ts'
import { createConversation } from '../../../../infra/slack/conversation.ts'
import { actionId, actionValue } from '../../../../infra/slack/payload.ts'
import { createRespond } from '../../../../infra/slack/response-url.ts'
import { openSocketMode, type SocketMode } from '../../../../infra/slack/socket-mode.ts'
import { createMemoryReplayRecord } from '../../../fakes/replay-record.ts'
import { SlackServer } from '../../../fakes/slack-server.ts'
import { silence } from '../../../fixtures/silence.ts'

/** As long as a busy machine may need. */
const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 20_000 })

let slack: SlackServer
let apiUrl: string
const opened: SocketMode[] = []
let requests: ChatRequest[]
const replays = createMemoryReplayRecord()

const open = (appToken = slack.appToken): SocketMode => {
  const { log } = silence()
  const chat = async (request: ChatRequest) => {
    requests.push(request)
    return { lines: ['done'] }
  }
  const conversation = createConversation({ chat, replays, respond: createRespond(apiUrl), log })
  const socket = openSocketMode(
    { appToken: lasting(appToken), apiUrl, backOffMs: 5 },
    { conversation, log, random: () => 0.5 },
  )
  opened.push(socket)
  return socket
}
const isOpen = (socket: SocketMode) => eventually(() => expect(socket.isOpen()).toBe(true))

const command = (id: string, trigger = id) => ({
  type: 'slash_commands',
  envelope_id: id,
  accepts_response_payload: true,
  payload: { user_id: 'U1', trigger_id: trigger, text: 'status', response_url: `${slack.origin}/hook` },
})

beforeEach(async () => {
  slack = new SlackServer()
  apiUrl = await slack.start()
  requests = []
})
afterEach(async () => {
  await Promise.all(opened.splice(0).map((socket) => socket.close()))
  await slack.stop()
})

describe('openSocketMode', () => {
  it('does what is said, and answers in the acknowledgement', async () => {
    await isOpen(open())
    slack.deliver(command('e1'))
    await eventually(() => expect(slack.acks).toHaveLength(1))
    expect(slack.acks[0]).toMatchObject({ envelope_id: 'e1', payload: { text: 'done', response_type: 'ephemeral' } })
    expect(requests).toMatchObject([{ kind: 'said', user: 'U1', text: 'status' }])
  })

  it('does what is pressed, and answers apart', async () => {
    await isOpen(open())
    const actions = [{ action_id: actionId('hold'), value: actionValue('checks', '7') }]
    const payload = { type: 'block_actions', user: { id: 'U1' }, trigger_id: 'p1', actions }
    const responseUrl = `${slack.origin}/hook`
    slack.deliver({ type: 'interactive', envelope_id: 'e2', payload: { ...payload, response_url: responseUrl } })
    await eventually(() => expect(slack.answers).toHaveLength(1))
    expect(slack.acks).toEqual([{ envelope_id: 'e2', payload: {} }])
    expect(requests).toMatchObject([{ kind: 'pressed', action: 'hold', pool: 'checks', about: '7' }])
  })

  it('does an envelope once, also when it comes again', async () => {
    await isOpen(open())
    slack.deliver(command('e3'))
    slack.deliver(command('e3'))
    slack.deliver(command('e4', 'e3'))
    await eventually(() => expect(slack.acks).toHaveLength(3))
    expect(requests).toHaveLength(1)
  })

  it('acknowledges what it does not understand, and does nothing', async () => {
    await isOpen(open())
    slack.deliver({ type: 'interactive', envelope_id: 'e5', payload: { type: 'view_submission' } })
    slack.deliver({ type: 'slash_commands', envelope_id: 'e6', payload: null })
    await eventually(() => expect(slack.acks.map((ack) => ack.envelope_id)).toEqual(['e5', 'e6']))
    expect(requests).toEqual([])
  })

  it('connects again after it was cut off, and after Slack asked it to', async () => {
    const socket = open()
    await isOpen(socket)
    slack.dropSockets()
    await eventually(() => expect(slack.calls).toHaveLength(2))
    await eventually(() => expect(slack.socketCount).toBe(1))
    await isOpen(socket)
    slack.deliver({ type: 'disconnect', reason: 'refresh_requested' })
    await eventually(() => expect(slack.calls).toHaveLength(3))
    await isOpen(socket)
    slack.deliver(command('e7'))
    await eventually(() => expect(requests).toHaveLength(1))
  })

  it('goes on trying while Slack is away, and while it refuses the token', async () => {
    slack.outage = { status: 503 }
    const socket = open()
    await eventually(() => expect(slack.calls.length).toBeGreaterThan(2))
    slack.outage = { error: 'invalid_auth' }
    const before = slack.calls.length
    await eventually(() => expect(slack.calls.length).toBeGreaterThan(before + 1))
    slack.outage = undefined
    await isOpen(socket)
  })

  it('ends while Slack has not said hello', async () => {
    slack.greets = false
    const socket = open()
    await eventually(() => expect(slack.socketCount).toBe(1))
    await socket.close()
    expect(socket.isOpen()).toBe(false)
  })

  it('ends while Slack is away', async () => {
    slack.outage = { retryAfter: 3600 }
    const socket = open()
    await eventually(() => expect(slack.calls).toHaveLength(1))
    await socket.close()
    expect(socket.isOpen()).toBe(false)
  })
})
