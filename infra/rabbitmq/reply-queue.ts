import type { Completion } from '../domain/message.ts'
import type { ReplyQueue } from '../ports/job-queue.ts'
import type { Span } from '../ports/tracer.ts'
import { decodeCompletions } from './codec.ts'
import { type BrokerOptions, spansOf } from './job-queue.ts'
import { openLink } from './link.ts'
import { replyQueueName } from './topology.ts'

/** The queue goes by itself some time after its api instance did. */
const EXPIRES_MS = 300_000

/**
 * This process's own queue of completions. Its consumer is unbounded and acknowledges nothing: a completion is only a
 * wake-up, and a bound here makes callers wait behind each other while the outcome lies ready.
 * @param instance unique name of this process; the queue keeps it across reconnects
 * @param spanOf the span of who waits for a job here; undefined = nobody does, or it is not recorded
 * @throws UnavailableError when the broker cannot be reached at start
 */
export const openReplyQueue = async (
  { url, log, metrics, tracer }: BrokerOptions,
  instance: string,
  onCompletion: (completion: Completion) => void,
  spanOf: (jobId: string) => Span | undefined = () => undefined,
): Promise<ReplyQueue & { close(): Promise<void> }> => {
  let name = replyQueueName(instance)
  let renames = 0
  const spans = spansOf({ url, tracer })
  const take = (completion: Completion): void => {
    if (spans) spans.replied(name, completion, spanOf(completion.id), () => onCompletion(completion))
    else onCompletion(completion)
  }
  let listening = false
  const link = await openLink({
    url,
    log,
    metrics,
    name: 'reply',
    setUp: async (model, reset) => {
      const channel = await model.createChannel()
      const gone = (reason: string) => {
        listening = false
        reset(reason)
      }
      channel.on('error', () => {})
      channel.on('close', () => gone('reply channel closed'))
      await channel.assertQueue(name, { durable: true, expires: EXPIRES_MS }).catch((error: unknown) => {
        // It lives on one node of a cluster, and that one is down. A new one is as good: wake-ups are not kept.
        renames += 1
        name = replyQueueName(`${instance}.${renames}`)
        throw error
      })
      await channel.consume(
        name,
        (message) => {
          if (!message) return gone('reply consumer canceled by the broker')
          for (const completion of decodeCompletions(message.content)) take(completion)
        },
        { noAck: true, exclusive: true },
      )
      listening = true
    },
  })
  return {
    get name() {
      return name
    },
    listening: () => listening && link.connected(),
    close: () => link.close(),
  }
}
