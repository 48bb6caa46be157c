import type { PinnedReference } from '../../infra/domain/drift-evaluation.ts'
import { AppError } from '../../infra/domain/errors.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { DriftStore } from '../../infra/ports/drift-store.ts'
import type { Said } from '../overrides.ts'

/** A stretch of time that nothing can be compared with. */
export class ReferenceInvalidError extends AppError {
  readonly code = 'REFERENCE_INVALID'
  readonly retryable = false
}

export class ReferenceNotFoundError extends AppError {
  readonly code = 'REFERENCE_NOT_FOUND'
  readonly retryable = false
  constructor() {
    super('no reference is pinned for this task')
  }
}

interface ReferencesDeps {
  readonly store: Pick<DriftStore, 'pins' | 'pin' | 'unpin'>
  readonly audit: AuditLog
  readonly clock: Pick<Clock, 'now'>
}

/** References that people set. Changes are in the audit trail before they take effect. @throws UnavailableError */
export interface DriftReferences {
  list(): Promise<readonly PinnedReference[]>
  /** @throws ReferenceInvalidError */
  pin(reference: Omit<PinnedReference, 'setAt' | 'setBy'>, by: Said): Promise<void>
  /** @throws ReferenceNotFoundError */
  unpin(task: TaskName, by: Said): Promise<void>
}

const HOUR_MS = 3_600_000
/** What is kept for comparison is kept for as long: more than a quarter of a year is a mistake. */
const LONGEST_MS = 92 * 24 * HOUR_MS

const check = ({ from, until }: Pick<PinnedReference, 'from' | 'until'>, now: number): void => {
  if (!(until - from >= HOUR_MS)) throw new ReferenceInvalidError('it must end an hour after it begins, or later')
  if (until - from > LONGEST_MS) throw new ReferenceInvalidError('it may be 92 days at most')
  if (from > now) throw new ReferenceInvalidError('it must have begun')
}

const factsOf = (pin: Pick<PinnedReference, 'from' | 'until' | 'reason'> | undefined) =>
  pin ? { from: new Date(pin.from).toISOString(), until: new Date(pin.until).toISOString(), reason: pin.reason } : null

/** Builds the use case. */
export const createDriftReferences = ({ store, audit, clock }: ReferencesDeps): DriftReferences => {
  const pinOf = async (task: TaskName) => (await store.pins()).find((pin) => pin.task === task)
  const note = async (by: Said, action: string, task: TaskName, after?: Parameters<typeof factsOf>[0]) => {
    const details = { before: factsOf(await pinOf(task)), after: factsOf(after) }
    await audit.record({ ...by, action, tenant: null, target: `drift:${task}`, details })
  }
  return {
    list: () => store.pins(),
    async pin(reference, by) {
      check(reference, clock.now())
      await note(by, 'drift_reference_pinned', reference.task, reference)
      await store.pin({ ...reference, setBy: by.actor })
    },
    async unpin(task, by) {
      if (!(await pinOf(task))) throw new ReferenceNotFoundError()
      await note(by, 'drift_reference_removed', task)
      if (!(await store.unpin(task))) throw new ReferenceNotFoundError()
    },
  }
}
