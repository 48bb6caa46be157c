import { v7 as uuidv7 } from 'uuid'
import { describe, expect, it, vi } from 'vitest'
import { UnroutableError } from '../../infra/domain/errors.ts'
import { type Completion, type JobMessage, MESSAGE_VERSION } from '../../infra/domain/message.ts'
import type { Delivery, JobQueue, Publish, ReplyQueue } from '../../infra/ports/job-queue.ts'

/** A queue with one pool of its own, and a way to open a reply queue on the same broker. */
export interface JobQueueBench {
  readonly queue: JobQueue
  readonly pool: string
  openReply(onCompletion: (completion: Completion) => void): Promise<ReplyQueue>
}

export const aMessage = (overrides: Partial<JobMessage> = {}): JobMessage => ({
  v: MESSAGE_VERSION,
  id: uuidv7(),
  task: 'liveness',
  tenant: 'acme',
  lane: 'interactive',
  deadline: Date.now() + 60_000,
  attempt: 0,
  ...overrides,
})

/** Longer than the shortest retry delay, with room for a busy machine. */
const WAIT = { timeout: 20_000, interval: 20 }

/** What every JobQueue promises. `open` answers a fresh pool each time. */
export const describeJobQueue = (adapter: string, open: () => Promise<JobQueueBench>): void => {
  describe(`JobQueue on ${adapter}`, () => {
    const start = async (prefetch = 10) => {
      const bench = await open()
      const deliveries: Delivery[] = []
      const consumer = await bench.queue.consume(bench.pool, 'interactive', prefetch, (one) => deliveries.push(one))
      const publish = (overrides: Partial<Publish> = {}): Publish => ({
        message: aMessage(),
        pool: bench.pool,
        ...overrides,
      })
      const arrived = (count: number) => vi.waitFor(() => expect(deliveries.length).toBeGreaterThanOrEqual(count), WAIT)
      return { ...bench, consumer, deliveries, publish, arrived }
    }

    it('delivers what was published, with its reply address', async () => {
      const { queue, deliveries, publish, arrived, pool } = await start()
      const sent = publish({ replyTo: 'muster.reply.somebody' })
      await queue.publish(sent)
      await arrived(1)
      expect(deliveries[0]).toMatchObject({
        message: sent.message,
        pool,
        replyTo: 'muster.reply.somebody',
        redelivered: false,
      })
      deliveries[0]?.ack()
    })

    it('keeps the lanes apart', async () => {
      const { queue, deliveries, publish, arrived, pool } = await start()
      await queue.publish(publish({ message: aMessage({ lane: 'bulk' }) }))
      const other = publish()
      await queue.publish(other)
      await arrived(1)
      expect(deliveries.map(({ message }) => message?.id)).toEqual([other.message.id])
      await vi.waitFor(async () => expect((await queue.depth(pool, 'bulk')).readyCount).toBe(1), WAIT)
    })

    it('refuses a message that no queue would take', async () => {
      const { queue } = await open()
      await expect(queue.publish({ message: aMessage(), pool: 'no-such-pool' })).rejects.toBeInstanceOf(UnroutableError)
    })

    it('hands a message out again, marked, when it was handed back', async () => {
      const { queue, deliveries, publish, arrived } = await start()
      await queue.publish(publish())
      await arrived(1)
      deliveries[0]?.handBack()
      await arrived(2)
      expect(deliveries[1]).toMatchObject({ redelivered: true, message: deliveries[0]?.message })
      deliveries[1]?.ack()
    })

    it('never has more unsettled deliveries out than the prefetch', async () => {
      const { queue, deliveries, publish, arrived } = await start(2)
      await Promise.all(Array.from({ length: 6 }, () => queue.publish(publish())))
      for (let settled = 0; settled < 6; settled += 1) {
        await arrived(settled + 1)
        expect(deliveries.length).toBeLessThanOrEqual(settled + 2)
        deliveries[settled]?.ack()
      }
    })

    it('settles deliveries in any order', async () => {
      const { queue, deliveries, publish, arrived, consumer, pool } = await start()
      await Promise.all(Array.from({ length: 5 }, () => queue.publish(publish())))
      await arrived(5)
      for (const index of [3, 0, 4, 1]) deliveries[index]?.ack()
      await consumer.cancel()
      deliveries[2]?.handBack()
      await vi.waitFor(async () => expect((await queue.depth(pool, 'interactive')).readyCount).toBe(1), WAIT)
    })

    it('brings a retried message back into its lane', async () => {
      const { queue, deliveries, publish, arrived } = await start()
      const again = publish({ replyTo: 'muster.reply.me' })
      await queue.retry(again, 1)
      await arrived(1)
      expect(deliveries[0]).toMatchObject({ message: again.message, replyTo: 'muster.reply.me', redelivered: false })
      deliveries[0]?.ack()
    })

    it('stops delivering once the consumer is canceled', async () => {
      const { queue, deliveries, publish, consumer, pool } = await start()
      expect(consumer.consuming()).toBe(true)
      await consumer.cancel()
      expect(consumer.consuming()).toBe(false)
      await queue.publish(publish())
      await vi.waitFor(async () => expect((await queue.depth(pool, 'interactive')).readyCount).toBe(1), WAIT)
      expect(deliveries).toEqual([])
    })

    it('counts waiting messages and consumers', async () => {
      const { queue, pool } = await open()
      expect(await queue.depth(pool, 'bulk')).toEqual({ readyCount: 0, consumerCount: 0 })
      await queue.consume(pool, 'bulk', 1, () => {})
      await vi.waitFor(async () => expect((await queue.depth(pool, 'bulk')).consumerCount).toBe(1), WAIT)
    })

    it('parks a dead letter with the broker before it answers', async () => {
      const { queue, deliveries, publish, arrived } = await start()
      await queue.publish(publish())
      await arrived(1)
      const [delivery] = deliveries
      if (!delivery) throw new Error('no delivery')
      await expect(queue.deadLetter(delivery, 'exhausted')).resolves.toBeUndefined()
      delivery.ack()
    })

    it('wakes the api instance that waits, and no other', async () => {
      const { queue, openReply } = await open()
      const mine: Completion[] = []
      const theirs: Completion[] = []
      const reply = await openReply((one) => mine.push(one))
      await openReply((one) => theirs.push(one))
      expect(reply.listening()).toBe(true)
      const completions = Array.from({ length: 50 }, () => ({ id: uuidv7(), state: 'succeeded' as const }))
      for (const completion of completions) queue.complete(reply.name, completion)
      await vi.waitFor(() => expect(mine).toEqual(completions), WAIT)
      expect(theirs).toEqual([])
    })

    it('drops a completion for an api instance that is gone', async () => {
      const { queue, openReply } = await open()
      queue.complete('muster.reply.gone', { id: uuidv7(), state: 'failed' })
      const mine: Completion[] = []
      const reply = await openReply((one) => mine.push(one))
      const completion = { id: uuidv7(), state: 'failed' } as const
      queue.complete(reply.name, completion)
      await vi.waitFor(() => expect(mine).toEqual([completion]), WAIT)
    })

    it('tells everybody who listens that there is news of a job', async () => {
      const { queue } = await open()
      const [one, two]: [string[], string[]] = [[], []]
      await queue.onSignal((jobId) => one.push(jobId))
      await queue.onSignal((jobId) => two.push(jobId))
      const ids = Array.from({ length: 20 }, () => uuidv7())
      for (const id of ids) queue.signal(id)
      await vi.waitFor(() => expect(one).toEqual(ids), WAIT)
      await vi.waitFor(() => expect(two).toEqual(ids), WAIT)
    })

    it('is free of trouble while connected', async () => {
      expect((await open()).queue.trouble()).toBeUndefined()
    })

    it('knows for how long it has been connected', async () => {
      const { queue } = await open()
      expect(queue.connectedMs()).toBeGreaterThanOrEqual(0)
    })
  })
}
