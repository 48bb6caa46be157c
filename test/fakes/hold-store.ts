import type { Hold, HoldScope, HoldStore } from '../../infra/ports/hold-store.ts'

/** What is known of a job that may be held. */
export interface Holdable {
  readonly id: string
  readonly tenant: string
  readonly subject: string | undefined
  readonly erased: boolean
}

const isSame = (a: HoldScope, b: HoldScope): boolean =>
  'jobId' in a ? 'jobId' in b && a.jobId === b.jobId : 'subjectSha256' in b && a.subjectSha256 === b.subjectSha256

/** Legal holds in memory. */
export class Holds {
  readonly #all = new Map<string, Hold>()
  #find(tenant: string, scope: HoldScope): Hold | undefined {
    return [...this.#all.values()].find((one) => one.tenant === tenant && isSame(one.scope, scope))
  }
  keep({ id, tenant, subject }: Holdable): boolean {
    const bySubject = subject !== undefined && this.#find(tenant, { subjectSha256: subject }) !== undefined
    return bySubject || this.#find(tenant, { jobId: id }) !== undefined
  }
  /** @param lifted whatever waited for the end of a hold goes on */
  store(jobs: () => readonly Holdable[], now: () => number, lifted: () => void): HoldStore {
    return {
      place: async (hold) => {
        const { tenant, scope } = hold
        const job = 'jobId' in scope ? jobs().find((one) => one.id === scope.jobId && one.tenant === tenant) : undefined
        if ('jobId' in scope && (!job || job.erased)) return job ? 'erased' : 'missing'
        const before = this.#find(tenant, scope)
        const { id, placedAt } = before ?? { id: hold.id, placedAt: now() }
        this.#all.set(id, { ...hold, id, placedAt })
        return 'placed'
      },
      lift: async (tenant, scope) => {
        const found = this.#find(tenant, scope)
        if (found) this.#all.delete(found.id)
        if (found) lifted()
        return found !== undefined
      },
      list: async (tenant) => [...this.#all.values()].filter((one) => tenant === undefined || one.tenant === tenant),
    }
  }
}
