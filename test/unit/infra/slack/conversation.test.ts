import { describe, expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { Chat } from '../../../../infra/ports/chat.ts'
import { createConversation } from '../../../../infra/slack/conversation.ts'
import { answerOf } from '../../../../infra/slack/message.ts'
import type { SlackCall } from '../../../../infra/slack/payload.ts'
import { createMemoryReplayRecord } from '../../../fakes/replay-record.ts'
import { silence } from '../../../fixtures/silence.ts'

const said = (triggerId = 't1'): SlackCall => ({
  request: { kind: 'said', user: 'U1', requestId: 'r1', text: 'status' },
  triggerId,
  responseUrl: 'https://hooks.slack.com/x',
})
const pressed = (): SlackCall => ({
  ...said(),
  request: { kind: 'pressed', user: 'U1', requestId: 'r1', action: 'hold', pool: 'checks', about: '1' },
})

const set = ({ chat = async () => ({ lines: ['done'] }) }: { chat?: Chat } = {}) => {
  const heard = vi.fn(chat)
  const responses: unknown[] = []
  const respond = async (url: string | undefined, answer: unknown) => {
    responses.push([url, answer])
    return true
  }
  const deps = { chat: heard, replays: createMemoryReplayRecord(), respond, log: silence().log }
  return { heard, responses, deps, conversation: createConversation(deps, { ackMs: 20 }) }
}
const done = answerOf({ lines: ['done'] })

describe('createConversation', () => {
  it('answers a command at once', async () => {
    const { conversation, responses } = set()
    expect(await conversation.hear(said(), 'd1')).toEqual({ kind: 'answer', answer: done })
    expect(responses).toEqual([])
  })

  it('says that it is at work, and answers later, when it takes long', async () => {
    const slow = Promise.withResolvers<{ lines: string[] }>()
    const { conversation, responses } = set({ chat: () => slow.promise })
    const ack = await conversation.hear(said(), 'd1')
    expect(ack).toEqual({ kind: 'answer', answer: answerOf({ lines: ['working on it'] }) })
    slow.resolve({ lines: ['done'] })
    await conversation.drain()
    expect(responses).toEqual([['https://hooks.slack.com/x', done]])
  })

  it('acknowledges a press without a word and answers apart from the message above the button', async () => {
    const { conversation, responses } = set()
    expect(await conversation.hear(pressed(), 'd1')).toEqual({ kind: 'answer', answer: undefined })
    await conversation.drain()
    expect(responses).toEqual([['https://hooks.slack.com/x', done]])
  })

  it('does nothing a second time, be it delivered again or replayed', async () => {
    const { conversation, heard } = set()
    await conversation.hear(said('t1'), 'd1')
    expect(await conversation.hear(said('t2'), 'd1')).toEqual({ kind: 'heard-before', what: 'delivery' })
    expect(await conversation.hear(said('t1'), 'd2')).toEqual({ kind: 'heard-before', what: 'deed' })
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('does it once where two processes hear it at once', async () => {
    const { deps, heard } = set()
    const [one, two] = [createConversation(deps), createConversation(deps)]
    await Promise.all([one.hear(said(), 'd1'), two.hear(said(), 'd2')])
    expect(heard).toHaveBeenCalledTimes(1)
  })

  it('does nothing while it cannot note what it heard', async () => {
    const { deps, heard } = set()
    const replays = { isNew: () => Promise.reject(new UnavailableError('postgres', new Error('gone'))) }
    const ack = await createConversation({ ...deps, replays }).hear(said(), 'd1')
    expect(ack).toMatchObject({ answer: { text: expect.stringContaining('nothing was done') } })
    expect(heard).not.toHaveBeenCalled()
  })
})
