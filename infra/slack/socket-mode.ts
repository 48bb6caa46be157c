import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { SocketModeClient } from '@slack/socket-mode'
import type { Logger } from '../ports/logger.ts'
import type { Secret } from '../runtime/secrets.ts'
import type { Conversation } from './conversation.ts'
import { actionCall, commandCall, type SlackCall } from './payload.ts'
import { quietLogger } from './quiet-logger.ts'
import { failureOf } from './slack-answer.ts'

interface SocketModeDeps {
  readonly conversation: Conversation
  readonly log: Logger
  /** from 0 to 1 */
  readonly random: () => number
}

interface SocketModeOptions {
  readonly appToken: Secret<string>
  readonly apiUrl: string
  /** the first pause before it is opened again; each further one is twice as long, up to a minute */
  readonly backOffMs?: number
}

export interface SocketMode {
  isOpen(): boolean
  /** resolves when the connection has ended and all that was begun is answered */
  close(): Promise<void>
}

/** What the SDK hands over of an envelope. */
interface Envelope {
  readonly ack: (answer?: Record<string, unknown>) => Promise<void>
  readonly envelope_id: string
  readonly body: unknown
}

const BACK_OFF_MS = 1_000
const MAX_BACK_OFF_MS = 60_000
/** Slack hangs up politely every few hours; a connection that lived this long was no failure. */
const LIVED_MS = 30_000
const CALL_TIMEOUT_MS = 10_000

const fieldsOf = (body: unknown): Readonly<Record<string, unknown>> =>
  typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}

/** Answer one envelope. Slack sends it to one of our connections, so whoever has it does it: leading is not asked for. */
const answer = async (envelope: Envelope, call: SlackCall | undefined, { conversation, log }: SocketModeDeps) => {
  try {
    // Acknowledged even so: Slack would show a failure where somebody pressed another app's button.
    if (!call) return await envelope.ack()
    const ack = await conversation.hear(call, `envelope:${envelope.envelope_id}`)
    await envelope.ack(ack.kind === 'answer' ? ack.answer : undefined)
  } catch (error) {
    log.warn({ error }, 'an envelope of slack could not be acknowledged')
  }
}

const createClient = ({ appToken, apiUrl }: SocketModeOptions, deps: SocketModeDeps): SocketModeClient => {
  const client = new SocketModeClient({
    appToken: appToken.renewed(),
    logger: quietLogger,
    // When Slack is away for long the SDK's own way back ends in a rejection that nobody handles, and with it the process.
    autoReconnectEnabled: false,
    clientOptions: {
      slackApiUrl: apiUrl,
      allowAbsoluteUrls: false,
      rejectRateLimitedCalls: true,
      retryConfig: { retries: 0 },
      timeout: CALL_TIMEOUT_MS,
    },
  })
  client.on('slash_commands', (envelope: Envelope) => {
    void answer(envelope, commandCall(fieldsOf(envelope.body), randomUUID()), deps)
  })
  client.on('interactive', (envelope: Envelope) => {
    void answer(envelope, actionCall(envelope.body, randomUUID()), deps)
  })
  return client
}

/**
 * Hear commands over a connection that we open: for sites that nobody can reach from outside. Every process may have one;
 * Slack takes ten of an app. It is opened again and again until it is closed.
 */
export const openSocketMode = (options: SocketModeOptions, deps: SocketModeDeps): SocketMode => {
  const { backOffMs = BACK_OFF_MS } = options
  const { conversation, log, random } = deps
  const closing = new AbortController()
  let client: SocketModeClient | undefined
  let isOpen = false

  /** One connection, from its beginning to its end. @returns how long it lived, in ms */
  const live = async (): Promise<number> => {
    const ended = Promise.withResolvers<void>()
    const fresh = createClient(options, deps)
    client = fresh
    fresh.once('disconnected', () => ended.resolve())
    await fresh.start()
    const openedAt = performance.now()
    isOpen = true
    // It was closed while the address was asked for.
    if (closing.signal.aborted) void fresh.disconnect()
    log.info({}, 'slack is heard over a socket')
    await ended.promise
    isOpen = false
    return performance.now() - openedAt
  }
  const run = async (): Promise<void> => {
    for (let failedCount = 0; !closing.signal.aborted; ) {
      let afterMs: number | undefined
      try {
        if ((await live()) > LIVED_MS) failedCount = 0
      } catch (error) {
        const failure = failureOf(error)
        if (failure.kind === 'later') afterMs = failure.afterMs
        if (failedCount === 0) log.warn({ code: failure.code }, 'slack cannot be heard now')
      }
      const backOff = Math.min(MAX_BACK_OFF_MS, backOffMs * 2 ** Math.min(failedCount, 20)) * (0.5 + random() / 2)
      failedCount += 1
      await pause(afterMs ?? backOff, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
  }
  const running = run()
  return {
    isOpen: () => isOpen,
    async close() {
      closing.abort()
      await conversation.drain()
      await client?.disconnect()
      await running
    },
  }
}
