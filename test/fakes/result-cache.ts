import type { Job } from '../../infra/domain/job.ts'
import type { ResultCache } from '../../infra/ports/result-cache.ts'

/** A result cache in memory that can be taken away. */
export interface MemoryResultCache extends ResultCache {
  /** from now on every look is a miss and nothing is kept, as without a server */
  takeAway(): void
}

/** For unit tests; what is put stays until it is dropped. */
export const createMemoryResultCache = (): MemoryResultCache => {
  const jobs = new Map<string, Job>()
  const buried = new Set<string>()
  const nameOf = (tenant: string, id: string) => `${tenant}/${id}`
  let there = true
  return {
    async put(job) {
      const name = nameOf(job.tenant, job.id)
      if (there && !buried.has(name)) jobs.set(name, { ...job, input: { pictures: [], options: {} } })
    },
    get: async (tenant, id) => (there ? jobs.get(nameOf(tenant, id)) : undefined),
    async bury(tenant, id) {
      if (!there) return false
      buried.add(nameOf(tenant, id))
      jobs.delete(nameOf(tenant, id))
      return true
    },
    healthy: () => there,
    takeAway() {
      there = false
      jobs.clear()
    },
  }
}
