import type { JobStore, Lease } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'

/** Three renewals a lease: two may fail before somebody else may take the job. */
const RENEWALS_PER_LEASE = 3

/** Why going on with a job in hand is of no use any more: its caller took it back, or somebody else has it. */
export type Withdrawal = 'canceling' | 'lost'

/** Renews the leases of every job in hand, together, until they are let go. */
export interface LeaseKeeper {
  /** @param onWithdrawn called when a renewal tells that the outcome will be dropped */
  hold(lease: Lease, onWithdrawn?: (why: Withdrawal) => void): void
  /** of this attempt only: a later one of the same job may run in this process already */
  letGo(lease: Lease): void
  /** Renew the lease of this job now, where it is held: there may be news of it. */
  lookAt(id: string): void
  stop(): void
}

interface Held {
  readonly lease: Lease
  onWithdrawn: ((why: Withdrawal) => void) | undefined
}

export const createLeaseKeeper = (
  { jobs, log }: { readonly jobs: Pick<JobStore, 'renew'>; readonly log: Logger },
  leaseMs: number,
): LeaseKeeper => {
  const held = new Map<string, Held>()
  let renewing = false

  const letGo = ({ id, attempt }: Lease) => {
    if (held.get(id)?.lease.attempt === attempt) held.delete(id)
  }

  const tell = (one: Held, why: Withdrawal) => {
    const { onWithdrawn } = one
    one.onWithdrawn = undefined
    onWithdrawn?.(why)
  }

  const renew = async (asked: readonly Held[]) => {
    const { lost, canceling } = await jobs.renew(
      asked.map(({ lease }) => lease),
      leaseMs,
    )
    for (const one of asked) {
      const { lease } = one
      if (canceling.includes(lease.id)) tell(one, 'canceling')
      if (!lost.includes(lease.id)) continue
      // Its outcome will be dropped by the fence; there is nothing to save by renewing further.
      letGo(lease)
      log.warn({ jobId: lease.id, attempt: lease.attempt }, 'lease lost')
      tell(one, 'lost')
    }
  }

  const renewAll = async () => {
    if (held.size === 0 || renewing) return
    renewing = true
    await renew([...held.values()])
      .catch((error: unknown) => log.warn({ error }, 'leases could not be renewed'))
      .finally(() => {
        renewing = false
      })
  }

  const timer = setInterval(() => void renewAll(), leaseMs / RENEWALS_PER_LEASE)
  return {
    hold: (lease, onWithdrawn) => void held.set(lease.id, { lease, onWithdrawn }),
    letGo,
    lookAt(id) {
      const one = held.get(id)
      // The next renewal of all tells it too.
      if (one) renew([one]).catch((error: unknown) => log.warn({ jobId: id, error }, 'lease could not be renewed'))
    },
    stop: () => clearInterval(timer),
  }
}
