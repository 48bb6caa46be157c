import { type ChannelModel, connect, type RecoveringChannelModel } from 'amqplib'
import { AppError, UnavailableError } from '../domain/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { addressesOf, socketOptions } from './addresses.ts'
import { type Watched, watch } from './closing.ts'

/** A wrong address fails the deployment; a broker restart later does not. */
const START_RETRIES = 5

/**
 * A broker under load takes seconds to declare its queues. One that answers heartbeats and nothing else never comes to
 * an end, and the library asks no other before this set-up has.
 */
const SET_UP_LIMIT_MS = 30_000

const BACK_OFF = { firstMs: 200, mostMs: 5_000, jitter: 0.2 } as const

export interface LinkOptions {
  /**
   * of one node, or of several with commas between: a node that does not answer is followed by the next. A function is
   * asked before every new connection: a password that changed meanwhile is the new one's
   */
  readonly url: string | (() => string)
  /** for logs: `publish`, `consume`, `reply` */
  readonly name: string
  readonly log: Logger
  readonly metrics: Metrics
  /**
   * opens the channels and consumers, after every (re)connect: the library revives only the connection.
   * `reset` gives up the connection it came with, also before all is open, and never a later one
   */
  readonly setUp: (model: ChannelModel, reset: (reason: string) => void) => Promise<void>
  /** a connection that is not set up by then is cut, and another is made */
  readonly setUpLimitMs?: number
}

export interface Link {
  connected(): boolean
  /** since this connection was made; undefined while there is none */
  connectedMs(): number | undefined
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

/** What cannot be read leaves the last known nodes: a connection must not fail for good because a file is being changed. */
const presentNodes = (url: LinkOptions['url'], last: ReturnType<typeof addressesOf>) => {
  if (typeof url === 'string') return last
  try {
    return addressesOf(url())
  } catch {
    return last
  }
}

/** Every node is tried before anybody waits longer. @param attempt from 1 */
const delayMs = (attempt: number, nodeCount: number): number => {
  const round = Math.floor((attempt - 1) / nodeCount)
  const baseMs = Math.min(BACK_OFF.mostMs, BACK_OFF.firstMs * 2 ** round)
  return Math.round(baseMs * (1 + BACK_OFF.jitter * (2 * Math.random() - 1)))
}

/** What is known of the connection. */
interface State {
  current: Watched | undefined
  /** the one that is being set up */
  opening: Watched | undefined
  connectedAt: number
  blocked: boolean
  closing: boolean
}

/** What is awaited may never come, or the connection may end under it. @throws Error in both cases, and what `work` throws */
const whileOpen = async ({ gone, cut }: Watched, limitMs: number, work: Promise<void>): Promise<void> => {
  const timer = setTimeout(() => cut(`not set up within ${limitMs} ms`), limitMs)
  let end: { readonly reason: Error | undefined } | undefined
  const ended = gone.then((reason) => {
    end = { reason }
  })
  try {
    await Promise.race([work, ended])
  } finally {
    clearTimeout(timer)
  }
  if (end) throw end.reason ?? new Error('the connection ended while it was being set up')
}

/** @throws UnavailableError when the first connection cannot be made @throws AppError of `setUp` when it fails at start */
const connectAgainAndAgain = (
  { url, name, log, setUp, setUpLimitMs = SET_UP_LIMIT_MS }: LinkOptions,
  state: State,
  giveUp: (connection: Watched, reason: string) => void,
): Promise<RecoveringChannelModel> => {
  /** no further try at the start would mend it */
  let fatal: AppError | undefined
  let everConnected = false
  let nodes = addressesOf(typeof url === 'string' ? url : url())
  // The library reads it anew for each connection.
  const address = { ...nodes[0] }
  return connect(address, {
    ...socketOptions,
    clientProperties: { connection_name: `muster ${name}` },
    recovery: {
      initialMaxRetries: START_RETRIES * nodes.length,
      maxRetries: Number.POSITIVE_INFINITY,
      // Asked before every new try, so it also says where that goes.
      calculateDelay: (attempt) => {
        if (fatal) throw fatal
        nodes = presentNodes(url, nodes)
        Object.assign(address, nodes[attempt % nodes.length])
        return delayMs(attempt, nodes.length)
      },
      setup: async (model: ChannelModel) => {
        model.on('error', (error) => log.warn({ link: name, error }, 'broker connection error'))
        const connection = watch(model)
        state.opening = connection
        try {
          const reset = (reason: string) => giveUp(connection, reason)
          await whileOpen(connection, setUpLimitMs, setUp(model, reset))
        } catch (error) {
          if (!everConnected && error instanceof AppError && !error.retryable) fatal = error
          // Before the library closes it: it would wait for the broker's answer without end, and never try again.
          await connection.end()
          throw error
        } finally {
          state.opening = undefined
        }
        everConnected = true
        state.connectedAt = performance.now()
        state.current = connection
      },
    },
  }).catch((error: unknown) => {
    throw error instanceof AppError ? error : new UnavailableError('rabbitmq', error)
  })
}

/** Follow a connection as it goes and comes back, and say so. */
const follow = (recovering: RecoveringChannelModel, { name, log, metrics }: LinkOptions, state: State): void => {
  recovering.on('disconnect', (error) => {
    state.current = undefined
    state.blocked = false
    if (!state.closing) log.warn({ link: name, error }, 'broker connection lost')
  })
  recovering.on('connect', () => {
    metrics.count('broker_reconnects', { reason: name })
    log.info({ link: name }, 'broker connection is back')
  })
  recovering.on('connect-failed', (error) => {
    if (!state.closing) log.warn({ link: name, error }, 'broker connection failed')
  })
  recovering.on('blocked', (reason) => {
    state.blocked = true
    log.warn({ link: name, reason }, 'broker has blocked publishing')
  })
  recovering.on('unblocked', () => {
    state.blocked = false
    log.info({ link: name }, 'broker has unblocked publishing')
  })
  recovering.on('error', () => {})
}

/**
 * One connection that comes back.
 * @throws UnavailableError when the first connection cannot be made
 * @throws AppError of `setUp` when it fails at start
 */
export const openLink = async (options: LinkOptions): Promise<Link> => {
  const { name, log } = options
  const state: State = { current: undefined, opening: undefined, connectedAt: 0, blocked: false, closing: false }
  const giveUp = (connection: Watched | undefined, reason: string) => {
    if (state.closing) return
    log.warn({ link: name, reason }, 'broker connection given up')
    // Its end starts the recovery.
    void connection?.end()
  }
  const recovering = await connectAgainAndAgain(options, state, giveUp)
  follow(recovering, options, state)
  return {
    connected: () => state.current !== undefined,
    connectedMs: () => (state.current === undefined ? undefined : performance.now() - state.connectedAt),
    blocked: () => state.blocked,
    model: () => state.current?.model,
    reset: (reason) => giveUp(state.current, reason),
    async close() {
      state.closing = true
      const open = state.current ?? state.opening
      state.current = undefined
      // No further connection from here on. What it awaits itself may never come.
      void recovering.close()
      await open?.end()
    },
  }
}
