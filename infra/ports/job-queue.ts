import type { Completion, JobMessage } from '../domain/message.ts'
import type { Lane } from '../domain/task.ts'

export interface Publish {
  readonly message: JobMessage
  readonly pool: string
  /** reply queue of the api instance that waits; absent when nobody waits */
  readonly replyTo?: string
}

/** One handing-out of a message. Settle exactly once, on the consumer that delivered it. */
export interface Delivery {
  /** undefined when the body is not a message this version understands */
  readonly message: JobMessage | undefined
  /** the message as it came, for the dead letter */
  readonly body: Buffer
  readonly pool: string
  readonly replyTo: string | undefined
  /** the broker has handed this message out before, and that consumer went away without settling */
  readonly redelivered: boolean
  /** epoch ms when this process last got its own connection back; undefined while it still has its first one */
  readonly reconnectedAt?: number | undefined
  /** epoch ms of arrival in this process */
  readonly receivedAt: number
  ack(): void
  /** give it back untouched, for example at drain; it is handed out again at once */
  handBack(): void
}

export type DeadReason = 'unreadable' | 'exhausted' | 'missing'

export interface Consumer {
  /** false while disconnected or canceled by the broker: the process must not call itself ready */
  consuming(): boolean
  /** no new deliveries after this resolves; those in hand can still be settled */
  cancel(): Promise<void>
}

export interface Depth {
  /** messages waiting */
  readonly readyCount: number
  readonly consumerCount: number
}

/**
 * The transport. `publish` resolves only when the broker has confirmed the message and a queue has taken it.
 * @throws UnavailableError when not confirmed within the adapter's publish deadline: the message may still have arrived
 * @throws UnroutableError when no queue is bound
 */
export interface JobQueue {
  publish(publish: Publish): Promise<void>
  /** Again after a delay. Resolves on confirm: only then ack the delivery. */
  retry(publish: Publish, attempt: number): Promise<void>
  /** Park for a person, with the reason. Resolves on confirm: only then ack the delivery. */
  deadLetter(delivery: Delivery, reason: DeadReason): Promise<void>
  /** Tell the waiting api instances. Fire and forget: the row is the truth. */
  complete(replyTo: string, completion: Completion): void
  /** Tell every worker that there is news of this job in its row. Fire and forget: a renewal of its lease tells it too. */
  signal(jobId: string): void
  /** Call `listener` for every signal from now on. What is signaled while there is no connection is not heard. */
  onSignal(listener: (jobId: string) => void): Promise<void>
  consume(pool: string, lane: Lane, prefetch: number, onDelivery: (delivery: Delivery) => void): Promise<Consumer>
  depth(pool: string, lane: Lane): Promise<Depth>
  /** since the present connection was made; undefined = there is none. What a broker tells that has just come back is not yet true */
  connectedMs(): number | undefined
  /** why publishing is impossible now; undefined = it is possible */
  trouble(): 'disconnected' | 'blocked' | undefined
}

/** This process's own queue of completions; survives broker restarts under the same name. */
export interface ReplyQueue {
  readonly name: string
  listening(): boolean
}
