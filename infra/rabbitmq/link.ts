import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib'
import { UnavailableError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'

/** A dead peer is noticed after about three of these. */
const HEARTBEAT_S = 5
/** A wrong address fails the deployment; a broker restart later does not. */
const START_RETRIES = 5

/** Without `noDelay` one caller at a time waits 40 ms for each answer: Nagle meets delayed acknowledgements. */
export const socketOptions = { noDelay: true, keepAlive: true, timeout: 5_000 } as const

export const withHeartbeat = (url: string): string => {
  const parsed = new URL(url)
  if (!parsed.searchParams.has('heartbeat')) parsed.searchParams.set('heartbeat', String(HEARTBEAT_S))
  return parsed.href
}

export interface LinkOptions {
  readonly url: string
  /** for logs: `publish`, `consume`, `reply` */
  readonly name: string
  readonly log: Logger
  readonly metrics: Metrics
  /**
   * opens the channels and consumers, after every (re)connect: the library revives only the connection.
   * `reset` gives up the connection it came with, also before all is open, and never a later one
   */
  readonly setUp: (model: ChannelModel, reset: (reason: string) => void) => Promise<void>
}

export interface Link {
  connected(): boolean
  /** the broker has stopped reading from us (memory or disk alarm) */
  blocked(): boolean
  /** the present connection; undefined while there is none */
  model(): ChannelModel | undefined
  /**
   * Give this connection up and make a new one. The answer to a channel that closed or a consumer that was canceled:
   * a process that is connected but neither publishes nor consumes must not exist.
   */
  reset(reason: string): void
  close(): Promise<void>
}

/**
 * One connection that comes back.
 * @throws UnavailableError when the first connection cannot be made
 */
export const openLink = async ({ url, name, log, metrics, setUp }: LinkOptions): Promise<Link> => {
  let current: ChannelModel | undefined
  let blocked = false
  let closing = false

  const giveUp = (model: ChannelModel | undefined, reason: string) => {
    if (closing) return
    log.warn({ link: name, reason }, 'broker connection given up')
    // The close event starts the recovery; a broker that no longer answers is cut off by the heartbeat.
    model?.close().catch(() => {})
  }

  const recovering: RecoveringChannelModel = await connect(withHeartbeat(url), {
    ...socketOptions,
    clientProperties: { connection_name: `muster ${name}` },
    recovery: {
      initialDelay: 200,
      maxDelay: 5_000,
      initialMaxRetries: START_RETRIES,
      maxRetries: Number.POSITIVE_INFINITY,
      setup: async (model: ChannelModel) => {
        model.on('error', (error) => log.warn({ link: name, error }, 'broker connection error'))
        await setUp(model, (reason) => giveUp(model, reason))
        current = model
      },
    },
  }).catch((error: unknown) => {
    throw new UnavailableError('rabbitmq', error)
  })

  recovering.on('disconnect', (error) => {
    current = undefined
    blocked = false
    if (!closing) log.warn({ link: name, error }, 'broker connection lost')
  })
  recovering.on('connect', () => {
    metrics.count('broker_reconnects', { reason: name })
    log.info({ link: name }, 'broker connection is back')
  })
  recovering.on('connect-failed', (error) => log.warn({ link: name, error }, 'broker connection failed'))
  recovering.on('blocked', (reason) => {
    blocked = true
    log.warn({ link: name, reason }, 'broker has blocked publishing')
  })
  recovering.on('unblocked', () => {
    blocked = false
    log.info({ link: name }, 'broker has unblocked publishing')
  })
  recovering.on('error', () => {})

  return {
    connected: () => current !== undefined,
    blocked: () => blocked,
    model: () => current,
    reset: (reason) => giveUp(current, reason),
    async close() {
      closing = true
      current = undefined
      await recovering.close()
    },
  }
}
