import { describeJobQueue } from '../../contract/job-queue.ts'
import { createMemoryJobQueue } from '../../fakes/job-queue.ts'

describeJobQueue('memory', async () => {
  const queue = createMemoryJobQueue(['pool'])
  return { queue, pool: 'pool', openReply: async (onCompletion) => queue.openReply(onCompletion) }
})
