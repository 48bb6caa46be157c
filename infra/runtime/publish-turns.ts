import type { JobQueue, Publish } from '../ports/job-queue.ts'
import type { Logger } from '../ports/logger.ts'
import type { PublishMarks } from './publish-marks.ts'

/** Publishes the messages whose turn has come. Resolves when each is confirmed or left to the reconciler; never rejects. */
export type PublishTurns = (publishes: readonly Publish[]) => Promise<void>

/** @param confirmed told how long the broker took, in ms */
export const createPublishTurns = (
  {
    queue,
    marks,
    log,
  }: {
    readonly queue: Pick<JobQueue, 'publish' | 'trouble'>
    readonly marks: Pick<PublishMarks, 'confirmed'>
    readonly log: Logger
  },
  confirmed: (publish: Publish, ms: number) => void = () => {},
): PublishTurns => {
  const publishOne = async (one: Publish): Promise<void> => {
    const startedAt = performance.now()
    try {
      await queue.publish(one)
      confirmed(one, performance.now() - startedAt)
      marks.confirmed(one.message.id)
    } catch (error) {
      log.warn({ jobId: one.message.id, error }, 'message not confirmed; the reconciler will publish it')
    }
  }
  return async (publishes) => {
    // The broker adapter has told of the trouble already, and every publish now would only wait for its time to be up.
    if (publishes.length > 0 && queue.trouble() === undefined) await Promise.all(publishes.map(publishOne))
  }
}
