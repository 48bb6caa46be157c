import { setTimeout as pause } from 'node:timers/promises'
import type { Chat, ChatAnswer } from '../ports/chat.ts'
import type { Logger } from '../ports/logger.ts'
import type { ReplayRecord } from '../ports/replay-record.ts'
import { answerOf, type SlackAnswer } from './message.ts'
import type { SlackCall } from './payload.ts'
import type { Respond } from './response-url.ts'

/**
 * What is answered at once. What was heard before does not work again, be it the very same `delivery` or another one of the
 * same `deed`.
 */
export type Ack =
  | { readonly kind: 'answer'; readonly answer: SlackAnswer | undefined }
  | { readonly kind: 'heard-before'; readonly what: 'delivery' | 'deed' }

export interface Conversation {
  /**
   * Do what was asked. Resolves within two seconds: what takes longer is answered later.
   * @param delivery its name, beside what Slack calls the deed itself
   */
  hear(call: SlackCall, delivery: string): Promise<Ack>
  /** resolves when all that was begun is answered */
  drain(): Promise<void>
}

/** Slack gives three seconds. @source Slack, "Handling user interaction" */
const ACK_MS = 2_000
const LATER: ChatAnswer = { lines: ['working on it'] }
const AWAY: ChatAnswer = { lines: ['the database does not answer: nothing was done, say it again later'] }

interface ConversationDeps {
  readonly chat: Chat
  readonly replays: ReplayRecord
  readonly respond: Respond
  readonly log: Logger
}

/** What Slack says, over HTTP or a socket, and what is said back. */
export const createConversation = (
  { chat, replays, respond, log }: ConversationDeps,
  { ackMs = ACK_MS }: { readonly ackMs?: number } = {},
): Conversation => {
  const underWay = new Set<Promise<unknown>>()

  const workOn = async ({ request, triggerId }: SlackCall, delivery: string): Promise<Ack> => {
    const { requestId } = request
    try {
      if (!(await replays.isNew(delivery))) return { kind: 'heard-before', what: 'delivery' }
      if (!(await replays.isNew(`trigger:${triggerId}`))) return { kind: 'heard-before', what: 'deed' }
    } catch (error) {
      // Without the record it might be done twice.
      log.warn({ requestId, error }, 'what slack said could not be noted')
      return { kind: 'answer', answer: answerOf(AWAY) }
    }
    return { kind: 'answer', answer: answerOf(await chat(request)) }
  }
  const answerLater = async ({ request, responseUrl }: SlackCall, work: Promise<Ack>): Promise<void> => {
    const ack = await work
    if (ack.kind !== 'answer' || !ack.answer) return
    const { requestId } = request
    if (!(await respond(responseUrl, ack.answer))) log.warn({ requestId }, 'an answer did not reach slack')
  }
  const keep = (work: Promise<void>): void => {
    underWay.add(work)
    void work.finally(() => underWay.delete(work))
  }

  return {
    async hear(call, delivery) {
      const work = workOn(call, delivery)
      const late = pause(ackMs, 'late' as const, { ref: false })
      const first = await Promise.race([work, late])
      // What answers a press would take the place of the message above the button, so it goes another way.
      const apart = call.request.kind === 'pressed'
      if (first === 'late' || (apart && first.kind === 'answer')) keep(answerLater(call, work))
      if (first === 'late') return { kind: 'answer', answer: apart ? undefined : answerOf(LATER) }
      return apart && first.kind === 'answer' ? { kind: 'answer', answer: undefined } : first
    },
    async drain() {
      await Promise.allSettled(underWay)
    },
  }
}
