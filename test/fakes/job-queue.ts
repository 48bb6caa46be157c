import { setImmediate as turn } from 'node:timers/promises'
import { UnavailableError, UnroutableError } from '../../infra/domain/errors.ts'
import type { Completion, JobMessage } from '../../infra/domain/message.ts'
import { LANES, type Lane } from '../../infra/domain/task.ts'
import type { Consumer, Delivery, Depth, JobQueue, Publish, ReplyQueue } from '../../infra/ports/job-queue.ts'

interface Waiting extends Publish {
  readonly redelivered: boolean
}

interface Subscription {
  readonly prefetch: number
  readonly onDelivery: (delivery: Delivery) => void
  inHandCount: number
  open: boolean
}

/** One queue of one pool: what waits, who takes. */
class LaneQueue {
  readonly ready: Waiting[] = []
  readonly subscriptions: Subscription[] = []

  add(one: Publish): void {
    this.ready.push({ ...one, redelivered: false })
  }

  /** Hand out while somebody has room. */
  pump(): void {
    const to = this.subscriptions.find(({ open, inHandCount, prefetch }) => open && inHandCount < prefetch)
    const next = to && this.ready.shift()
    if (!to || !next) return
    to.onDelivery(this.#deliveryOf(next, to))
    this.pump()
  }

  #deliveryOf(waiting: Waiting, to: Subscription): Delivery {
    const { message, pool, replyTo, redelivered } = waiting
    to.inHandCount += 1
    let settled = false
    const settle = (then: () => void): void => {
      if (settled) return
      settled = true
      to.inHandCount -= 1
      then()
      this.pump()
    }
    return {
      message,
      body: Buffer.from(JSON.stringify(message)),
      pool,
      replyTo,
      redelivered,
      receivedAt: Date.now(),
      ack: () => settle(() => {}),
      handBack: () => settle(() => void this.ready.unshift({ ...waiting, redelivered: true })),
    }
  }

  consume(prefetch: number, onDelivery: Subscription['onDelivery']): Consumer {
    const subscription: Subscription = { prefetch, onDelivery, inHandCount: 0, open: true }
    this.subscriptions.push(subscription)
    this.pump()
    return {
      consuming: () => subscription.open,
      async cancel() {
        subscription.open = false
      },
    }
  }

  depth(): Depth {
    return { readyCount: this.ready.length, consumerCount: this.subscriptions.filter(({ open }) => open).length }
  }
}

/** A broker in memory, for unit tests. Passes the port's contract suite, with retries that come back at once. */
export interface MemoryJobQueue extends JobQueue {
  openReply(onCompletion: (completion: Completion) => void): ReplyQueue
  /** what was published and is still waiting */
  waiting(pool: string, lane: Lane): readonly Publish[]
  /** say what is wrong; undefined = nothing any more. While it is set, publishing fails. */
  setTrouble(trouble: ReturnType<JobQueue['trouble']>): void
  /** how long ago it was reached; for ever unless told */
  setConnectedMs(ms: number): void
  /** what was parked, with the reason */
  readonly dead: readonly { readonly message: JobMessage | undefined; readonly reason: string }[]
}

/** @param pools whose queues exist */
export const createMemoryJobQueue = (pools: readonly string[]): MemoryJobQueue => {
  const lanes = new Map(pools.flatMap((pool) => LANES.map((lane) => [`${pool}.${lane}`, new LaneQueue()] as const)))
  const replies = new Map<string, (completion: Completion) => void>()
  const listeners: ((jobId: string) => void)[] = []
  const dead: { message: JobMessage | undefined; reason: string }[] = []
  let trouble: ReturnType<JobQueue['trouble']>
  let connectedMs = Number.POSITIVE_INFINITY

  const laneOf = (pool: string, lane: Lane): LaneQueue => {
    const found = lanes.get(`${pool}.${lane}`)
    if (!found) throw new UnroutableError(`${pool}.${lane}`)
    return found
  }
  const publish = async (one: Publish): Promise<void> => {
    if (trouble) throw new UnavailableError('the broker', new Error(trouble))
    const lane = laneOf(one.pool, one.message.lane)
    lane.add(one)
    await turn()
    lane.pump()
  }

  return {
    dead,
    publish,
    retry: publish,
    async deadLetter({ message }, reason) {
      dead.push({ message, reason })
    },
    complete: (replyTo, completion) => void queueMicrotask(() => replies.get(replyTo)?.(completion)),
    signal: (jobId) =>
      queueMicrotask(() => {
        for (const listener of listeners) listener(jobId)
      }),
    async onSignal(listener) {
      listeners.push(listener)
    },
    consume: async (pool, lane, prefetch, onDelivery) => laneOf(pool, lane).consume(prefetch, onDelivery),
    depth: async (pool, lane) => laneOf(pool, lane).depth(),
    connectedMs: () => (trouble === 'disconnected' ? undefined : connectedMs),
    setConnectedMs(ms) {
      connectedMs = ms
    },
    trouble: () => trouble,
    setTrouble(now) {
      trouble = now
    },
    waiting: (pool, lane) => laneOf(pool, lane).ready,
    openReply(onCompletion) {
      const name = `muster.reply.memory-${replies.size + 1}`
      replies.set(name, onCompletion)
      return { name, listening: () => true }
    },
  }
}
