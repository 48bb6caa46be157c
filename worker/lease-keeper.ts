import type { JobStore, Lease } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'

/** Three renewals a lease: two may fail before somebody else may take the job. */
const RENEWALS_PER_LEASE = 3

/** Renews the leases of every job in hand, together, until they are let go. */
export interface LeaseKeeper {
  hold(lease: Lease): void
  /** of this attempt only: a later one of the same job may run in this process already */
  letGo(lease: Lease): void
  stop(): void
}

export const createLeaseKeeper = (
  { jobs, log }: { readonly jobs: Pick<JobStore, 'renew'>; readonly log: Logger },
  leaseMs: number,
): LeaseKeeper => {
  const held = new Map<string, Lease>()
  let renewing = false

  const letGo = ({ id, attempt }: Lease) => {
    if (held.get(id)?.attempt === attempt) held.delete(id)
  }

  const renew = async () => {
    if (held.size === 0 || renewing) return
    renewing = true
    try {
      const leases = [...held.values()]
      const lost = new Set(await jobs.renew(leases, leaseMs))
      for (const lease of leases) {
        if (!lost.has(lease.id)) continue
        // Its outcome will be dropped by the fence; there is nothing to save by renewing further.
        letGo(lease)
        log.warn({ jobId: lease.id, attempt: lease.attempt }, 'lease lost')
      }
    } catch (error) {
      log.warn({ error }, 'leases could not be renewed')
    } finally {
      renewing = false
    }
  }

  const timer = setInterval(() => void renew(), leaseMs / RENEWALS_PER_LEASE)
  return {
    hold: (lease) => void held.set(lease.id, lease),
    letGo,
    stop: () => clearInterval(timer),
  }
}
