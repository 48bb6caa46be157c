import { setTimeout as pause } from 'node:timers/promises'
import { WebClient } from '@slack/web-api'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Notice, Notifier } from '../ports/notifier.ts'
import type { Secret } from '../runtime/secrets.ts'
import { messageOf } from './message.ts'
import { createNoticeQueue } from './notice-queue.ts'
import { quietLogger } from './quiet-logger.ts'
import { createSentMessages } from './sent-messages.ts'
import { failureOf } from './slack-answer.ts'

export interface SlackNotifier extends Notifier {
  /** notices that wait (count) */
  waitingCount(): number
  /** Nothing more is told. What waits is lost: it is in the database. */
  close(): Promise<void>
}

interface NotifierOptions {
  readonly token: Secret<string>
  readonly channel: string
  readonly apiUrl: string
  /** pause between two calls: Slack takes one message a second for a channel */
  readonly paceMs?: number
  /** the first pause after a failure; each further one is twice as long, up to 5 minutes */
  readonly backOffMs?: number
}

interface NotifierDeps {
  readonly clock: Pick<Clock, 'now'>
  readonly log: Logger
  /** from 0 to 1 */
  readonly random: () => number
}

/** @source Slack, "Rate limits": one message a second and channel; `chat.update` is tier 3, 50 a minute */
const PACE_MS = 1_250
const BACK_OFF_MS = 1_000
const MAX_BACK_OFF_MS = 5 * 60_000
/** A longer time is a mistake on the way: nobody would hear of anything. */
const MAX_OBEYED_MS = 60 * 60_000
const CALL_TIMEOUT_MS = 10_000
const MAX_WAITING = 200

const missedNotice = (count: number, at: number): Notice => ({
  kind: 'digest',
  pool: 'all pools',
  at,
  lines: [`${count} notices were not told while Slack was away`, 'every decision is kept: muster why <pool>'],
  key: 'missed',
  actions: [],
})

const createClient = (token: string, apiUrl: string): WebClient =>
  new WebClient(token, {
    slackApiUrl: apiUrl,
    allowAbsoluteUrls: false,
    // Ours obeys Retry-After too, and keeps the newest instead of the oldest.
    rejectRateLimitedCalls: true,
    retryConfig: { retries: 0 },
    timeout: CALL_TIMEOUT_MS,
    logger: quietLogger,
  })

/** A client for the token as it is now. */
const createClientOf = ({ token, apiUrl }: NotifierOptions): (() => WebClient) => {
  let made: { readonly token: string; readonly client: WebClient } | undefined
  return () => {
    const present = token.now()
    if (made?.token !== present) made = { token: present, client: createClient(present, apiUrl) }
    return made.client
  }
}

/** One call for one notice: bring its message up to date, or begin one. */
const createTelling = (options: NotifierOptions, { clock }: NotifierDeps) => {
  const { channel } = options
  const clientNow = createClientOf(options)
  const sent = createSentMessages()
  return {
    async tell(notice: Notice): Promise<void> {
      const known = sent.find(notice, clock.now())
      const message = { channel, ...messageOf(notice) }
      const { chat } = clientNow()
      const { ts } =
        known === undefined
          ? await chat.postMessage({ ...message, unfurl_links: false, unfurl_media: false })
          : await chat.update({ ...message, ts: known })
      if (ts !== undefined) sent.keep(notice, ts, clock.now())
    },
    forget: (notice: Notice) => sent.forget(notice.key),
  }
}

/** How long Slack is left alone after a failure. */
const createPatience = (
  { paceMs = PACE_MS, backOffMs = BACK_OFF_MS }: NotifierOptions,
  { log, random }: NotifierDeps,
) => {
  let failedCount = 0
  return {
    isTried: () => failedCount > 0,
    /** @param askedMs what Slack asked for; undefined = it did not say @returns ms */
    failed(code: string, askedMs: number | undefined): number {
      failedCount += 1
      if (failedCount === 1) log.warn({ code }, 'slack takes no notices now')
      if (askedMs !== undefined) return Math.min(MAX_OBEYED_MS, Math.max(paceMs, askedMs))
      return Math.min(MAX_BACK_OFF_MS, backOffMs * 2 ** Math.min(failedCount - 1, 20)) * (0.5 + random() / 2)
    },
    succeeded(): void {
      if (failedCount > 0) log.info({ failedCount }, 'slack takes notices again')
      failedCount = 0
    },
  }
}

/**
 * Notices in a channel of Slack. One call at a time, never faster than Slack takes them; while Slack is away the newest of
 * each key waits, at most 200 of them.
 */
export const openSlackNotifier = (options: NotifierOptions, deps: NotifierDeps): SlackNotifier => {
  const { paceMs = PACE_MS } = options
  const { clock, log } = deps
  const queue = createNoticeQueue(MAX_WAITING)
  const telling = createTelling(options, deps)
  const patience = createPatience(options, deps)
  const closing = new AbortController()
  let running: Promise<void> | undefined

  /** @returns ms until the next call */
  const tellNext = async (notice: Notice): Promise<number> => {
    try {
      await telling.tell(notice)
    } catch (error) {
      const failure = failureOf(error)
      if (failure.kind === 'later') return patience.failed(failure.code, failure.afterMs)
      if (failure.kind === 'gone') telling.forget(notice)
      else log.error({ code: failure.code, kind: notice.kind }, 'slack does not take this notice')
      if (failure.kind === 'never') queue.done(notice)
      return paceMs
    }
    queue.done(notice)
    patience.succeeded()
    return paceMs
  }
  const next = (): Notice | undefined => {
    queue.dropStale(clock.now())
    // Said once Slack is back, so that it cannot be dropped itself.
    const missedCount = patience.isTried() ? 0 : queue.takeDroppedCount()
    if (missedCount > 0) queue.put(missedNotice(missedCount, clock.now()))
    return queue.first()
  }
  const run = async (): Promise<void> => {
    for (let notice = next(); notice && !closing.signal.aborted; notice = next()) {
      const waitMs = await tellNext(notice)
      // A notice that waits must not keep a process alive.
      await pause(waitMs, undefined, { signal: closing.signal, ref: false }).catch(() => {})
    }
    running = undefined
  }

  return {
    tell(notice) {
      if (closing.signal.aborted) return
      queue.put(notice)
      running ??= run().catch((error: unknown) => {
        running = undefined
        log.error({ error }, 'notices stopped')
      })
    },
    waitingCount: () => queue.size,
    async close() {
      closing.abort()
      await running
    },
  }
}

/** Tells nobody: where no token is set, as on a site without internet. */
export const noNotifier: SlackNotifier = { tell: () => {}, waitingCount: () => 0, close: async () => {} }
