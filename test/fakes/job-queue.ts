import { setImmediate as turn } from 'node:timers/promises'
import { UnavailableError, UnroutableError } from '../../infra/domain/errors.ts'
import type { Completion, JobMessage } from '../../infra/domain/message.ts'
import { LANES, type Lane } from '../../infra/domain/task.ts'
import type { Consumer, Delivery, JobQueue, Publish, ReplyQueue } from '../../infra/ports/job-queue.ts'

interface Waiting extends Publish {
  readonly redelivered: boolean
}

interface Subscription {
  readonly prefetch: number
  readonly onDelivery: (delivery: Delivery) => void
  inHandCount: number
  open: boolean
}

interface LaneQueue {
  readonly ready: Waiting[]
  readonly subscriptions: Subscription[]
}

/** A broker in memory, for unit tests. Passes the port's contract suite, with retries that come back at once. */
export interface MemoryJobQueue extends JobQueue {
  openReply(onCompletion: (completion: Completion) => void): ReplyQueue
  /** what was published and is still waiting */
  waiting(pool: string, lane: Lane): readonly Publish[]
  /** say what is wrong; undefined = nothing any more. While it is set, publishing fails. */
  setTrouble(trouble: ReturnType<JobQueue['trouble']>): void
  /** what was parked, with the reason */
  readonly dead: readonly { readonly message: JobMessage | undefined; readonly reason: string }[]
}

/** @param pools whose queues exist */
export const createMemoryJobQueue = (pools: readonly string[]): MemoryJobQueue => {
  const lanes = new Map<string, LaneQueue>(
    pools.flatMap((pool) => LANES.map((lane) => [`${pool}.${lane}`, { ready: [], subscriptions: [] }] as const)),
  )
  const replies = new Map<string, (completion: Completion) => void>()
  const dead: { message: JobMessage | undefined; reason: string }[] = []
  let trouble: ReturnType<JobQueue['trouble']>
  let replyCount = 0

  const laneOf = (pool: string, lane: Lane): LaneQueue => {
    const found = lanes.get(`${pool}.${lane}`)
    if (!found) throw new UnroutableError(`${pool}.${lane}`)
    return found
  }

  const handOut = (lane: LaneQueue, to: Subscription, { message, pool, replyTo, redelivered }: Waiting): void => {
    to.inHandCount += 1
    let settled = false
    const settle = (): boolean => {
      if (settled) return false
      settled = true
      to.inHandCount -= 1
      return true
    }
    to.onDelivery({
      message,
      pool,
      replyTo,
      redelivered,
      receivedAt: Date.now(),
      ack() {
        if (settle()) pump(lane)
      },
      handBack() {
        if (!settle()) return
        lane.ready.unshift({ message, pool, ...(replyTo !== undefined && { replyTo }), redelivered: true })
        pump(lane)
      },
    })
  }

  const pump = (lane: LaneQueue): void => {
    const to = lane.subscriptions.find(({ open, inHandCount, prefetch }) => open && inHandCount < prefetch)
    const next = to && lane.ready.shift()
    if (!to || !next) return
    handOut(lane, to, next)
    pump(lane)
  }

  const publish = async (one: Publish): Promise<void> => {
    if (trouble) throw new UnavailableError('the broker', new Error(trouble))
    const lane = laneOf(one.pool, one.message.lane)
    lane.ready.push({ ...one, redelivered: false })
    await turn()
    pump(lane)
  }

  const consume = async (
    pool: string,
    name: Lane,
    prefetch: number,
    onDelivery: Subscription['onDelivery'],
  ): Promise<Consumer> => {
    const lane = laneOf(pool, name)
    const subscription: Subscription = { prefetch, onDelivery, inHandCount: 0, open: true }
    lane.subscriptions.push(subscription)
    pump(lane)
    return {
      consuming: () => subscription.open,
      async cancel() {
        subscription.open = false
      },
    }
  }

  return {
    dead,
    publish,
    retry: (one) => publish(one),
    async deadLetter({ message }, reason) {
      dead.push({ message, reason })
    },
    complete: (replyTo, completion) => void queueMicrotask(() => replies.get(replyTo)?.(completion)),
    consume,
    async depth(pool, name) {
      const { ready, subscriptions } = laneOf(pool, name)
      return { readyCount: ready.length, consumerCount: subscriptions.filter(({ open }) => open).length }
    },
    trouble: () => trouble,
    setTrouble(now) {
      trouble = now
    },
    waiting: (pool, name) => laneOf(pool, name).ready,
    openReply(onCompletion) {
      replyCount += 1
      const name = `muster.reply.memory-${replyCount}`
      replies.set(name, onCompletion)
      return { name, listening: () => true }
    },
  }
}
