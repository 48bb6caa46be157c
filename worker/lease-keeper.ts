import type { JobStore, Lease } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'

/** Three renewals a lease: two may fail before somebody else may take the job. */
const RENEWALS_PER_LEASE = 3

/** Renews the leases of every job in hand, together, until they are let go. */
export interface LeaseKeeper {
  hold(lease: Lease): void
  letGo(id: string): void
  stop(): void
}

export const createLeaseKeeper = (
  { jobs, log }: { readonly jobs: Pick<JobStore, 'renew'>; readonly log: Logger },
  leaseMs: number,
): LeaseKeeper => {
  const held = new Map<string, Lease>()
  let renewing = false

  const renew = async () => {
    if (held.size === 0 || renewing) return
    renewing = true
    try {
      for (const id of await jobs.renew([...held.values()], leaseMs)) {
        // Its outcome will be dropped by the fence; there is nothing to save by renewing further.
        held.delete(id)
        log.warn({ jobId: id }, 'lease lost')
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
    letGo: (id) => void held.delete(id),
    stop: () => clearInterval(timer),
  }
}
