import { Redis } from 'ioredis'
import { retryAfter } from '../domain/fair-share.ts'
import type { Admission, AdmitRequest, Dispatcher, Offer, RefusalReason } from '../ports/dispatcher.ts'
import type { Publish } from '../ports/job-queue.ts'
import type { Logger } from '../ports/logger.ts'
import { createAnswerOrLeave } from './answer-or-leave.ts'
import { defineScripts } from './dispatch-scripts.ts'
import { firstAddress, followAddress, type RedisAddress } from './follow-address.ts'

export interface RedisDispatcherOptions {
  readonly url: RedisAddress
  readonly log: Logger
  /** tests keep apart what they do */
  readonly prefix?: string
  /** epoch ms in place of the server's own time, for tests of what time does */
  readonly now?: () => number
  readonly timeoutMs?: number
}

/** A request must not wait for a server that is not there: the local limit is as good as a late answer. */
const COMMAND_TIMEOUT_MS = 500
/** Of the library, for what nobody waits for any more. */
const FORGET_COMMAND_MS = 10_000
const RECONNECT_MAX_MS = 2_000
const PREFIX = 'muster:{dispatch}:'

type AdmitAnswer = readonly ['accept' | RefusalReason, string, string, number, string, number]

const toAdmission = ([
  verdict,
  retryMs,
  waitMs,
  remainingCount,
  untilFullMs,
  inFlightCount,
]: AdmitAnswer): Admission => {
  const quota = { remainingCount, untilFullMs: Number(untilFullMs), inFlightCount }
  return verdict === 'accept'
    ? { kind: 'accept', quota, waitMs: waitMs === '' ? undefined : Number(waitMs) }
    : { kind: 'refuse', quota, reason: verdict, retryAfterMs: retryAfter(Number(retryMs)) }
}

const admitValues = ({ jobId, tenant, pool, lane, deadlineMs, settings }: AdmitRequest, maxDepthCount: number) => [
  ...[jobId, tenant, pool, lane, deadlineMs],
  ...[settings.weight, settings.maxInFlightCount, settings.ratePerSecond, settings.burstCount, maxDepthCount],
]

const messageOf = ({ message, pool, replyTo }: Publish): string =>
  JSON.stringify({ message, pool, ...(replyTo !== undefined && { replyTo }) })

const offerValues = (offer: Offer) => {
  const { message, pool, weight, remainingMs } = offer
  return [message.id, message.tenant, pool, message.lane, weight, remainingMs, messageOf(offer)]
}

const toPublishes = (texts: unknown): readonly Publish[] => (texts as string[]).map((text) => JSON.parse(text))

const connect = ({ url, log }: RedisDispatcherOptions): Redis => {
  const redis = new Redis(firstAddress(url), {
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    commandTimeout: FORGET_COMMAND_MS,
    connectTimeout: 2_000,
    enableAutoPipelining: true,
    retryStrategy: (times) => Math.min(times * 100, RECONNECT_MAX_MS),
  })
  followAddress(redis, url)
  let wasReady = false
  redis.on('ready', () => {
    wasReady = true
    log.info({}, 'dispatcher connected')
  })
  redis.on('close', () => {
    if (wasReady) log.warn({}, 'dispatcher lost; a local limit takes over')
    wasReady = false
  })
  // Every failed reconnect raises one; the close above has said it once.
  redis.on('error', () => {})
  return redis
}

/**
 * The dispatch window in Redis: each decision is one script, so it is exact however many replicas ask at once.
 * @param maxDepthCount most jobs that may wait in one lane, whatever the prediction says
 */
export const openDispatcher = (
  options: RedisDispatcherOptions,
  maxDepthCount = Number.MAX_SAFE_INTEGER,
): Dispatcher & { close(): Promise<void> } => {
  const { prefix = PREFIX, now, timeoutMs = COMMAND_TIMEOUT_MS } = options
  const redis = connect(options)
  const scripts = defineScripts(redis)
  const answerOrLeave = createAnswerOrLeave(() => redis.status === 'ready', timeoutMs)
  const run = (script: keyof typeof scripts, values: readonly (string | number)[]): Promise<unknown> =>
    answerOrLeave(() => scripts[script](prefix, now?.() ?? '', ...values))

  return {
    admit: async (request) => toAdmission((await run('admit', admitValues(request, maxDepthCount))) as AdmitAnswer),
    async dispatch(offers) {
      const [mine, others] = (await run('dispatch', offers.flatMap(offerValues))) as [string[], string[]]
      const ids = new Set(mine)
      return [...offers.filter(({ message }) => ids.has(message.id)).map(bare), ...toPublishes(others)]
    },
    ended: async (jobs) =>
      toPublishes(
        await run(
          'ended',
          jobs.flatMap(({ jobId, served }) => [jobId, served ? 1 : 0]),
        ),
      ),
    announce: async ({ pool, workerId, slots, bulkSlots, ratePerSecond, jobIds }) =>
      toPublishes(await run('announce', [pool, workerId, slots, bulkSlots, ratePerSecond, ...jobIds])),
    doubtful: async (limit) => (await run('doubtful', [limit])) as string[],
    async load(pool) {
      const [windowCount, dispatchedCount, heldCount, rate] = (await run('load', [pool])) as [
        number,
        number,
        number,
        string,
      ]
      return { windowCount, dispatchedCount, heldCount, ratePerSecond: Number(rate) }
    },
    healthy: () => redis.status === 'ready',
    async close() {
      redis.disconnect()
    },
  }
}

const bare = ({ message, pool, replyTo }: Offer): Publish => ({
  message,
  pool,
  ...(replyTo !== undefined && { replyTo }),
})
