import { v7 as uuidv7 } from 'uuid'
import type { AuditEvent, AuditLog } from '../infra/ports/audit-log.ts'
import type { HoldScope, HoldStore } from '../infra/ports/hold-store.ts'
import { subjectHash } from './fingerprint.ts'

/** What a person names to be held: a job, or his own reference to a person. */
export type HeldThing = { readonly jobId: string } | { readonly subject: string }

/** Who does it. */
export type HoldActor = Pick<AuditEvent, 'actor' | 'channel' | 'requestId'>

/** Places and lifts legal holds; each is on the audit trail before it is done. @throws UnavailableError */
export interface ManageHolds {
  place(by: HoldActor, tenant: string, what: HeldThing, reason: string): ReturnType<HoldStore['place']>
  /** @returns whether there was one */
  lift(by: HoldActor, tenant: string, what: HeldThing): Promise<boolean>
}

const scopeOf = (tenant: string, what: HeldThing): HoldScope =>
  'jobId' in what ? what : { subjectSha256: subjectHash(tenant, what.subject) }

/** As the trail names it: the reference itself may be a name. */
export const holdTarget = (scope: HoldScope): string =>
  'jobId' in scope ? scope.jobId : `subject:${scope.subjectSha256}`

/** Builds the use case. */
export const createManageHolds = ({
  holds,
  audit,
}: {
  readonly holds: Pick<HoldStore, 'place' | 'lift'>
  readonly audit: AuditLog
}): ManageHolds => ({
  async place(by, tenant, what, reason) {
    const scope = scopeOf(tenant, what)
    await audit.record({
      ...by,
      action: 'legal_hold_placed',
      tenant,
      target: holdTarget(scope),
      details: { reason },
    })
    return holds.place({ id: uuidv7(), tenant, scope, reason, placedBy: by.actor })
  },
  async lift(by, tenant, what) {
    const scope = scopeOf(tenant, what)
    await audit.record({ ...by, action: 'legal_hold_lifted', tenant, target: holdTarget(scope) })
    return holds.lift(tenant, scope)
  },
})
