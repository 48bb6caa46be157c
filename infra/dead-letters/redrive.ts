import type { AuditEvent, AuditLog } from '../ports/audit-log.ts'
import type { DeadLetter, DeadLetters, JobReopener, Reopened } from '../ports/dead-letters.ts'

/** Which dead letters are meant; nothing = all. */
export interface Selection {
  readonly ids?: readonly string[]
  readonly reason?: DeadLetter['reason']
  /** the oldest of them; all unless told (count) */
  readonly atMost?: number
}

/** What became of one dead letter. */
export interface Redriven {
  readonly letter: DeadLetter
  /** `unreadable`: nobody can say which job it was of */
  readonly outcome: Reopened | 'unreadable' | 'purged' | 'would try'
}

/** What can be done with dead letters. */
export interface ManageDeadLetters {
  /** Try their jobs again. Those whose job is open afterwards leave the queue; the others stay until they are purged. */
  redrive(by: Operator, selection: Selection, dryRun: boolean): Promise<readonly Redriven[]>
  /** Remove the letters; their jobs stay as they are. */
  purge(by: Operator, selection: Selection): Promise<readonly Redriven[]>
}

/** Who does it, and why if he says so. */
export type Operator = Pick<AuditEvent, 'actor' | 'channel' | 'requestId'> & { readonly why?: string }

/** What managing dead letters needs. */
export interface RedriveDeps {
  readonly deadLetters: Pick<DeadLetters, 'settle'>
  readonly reopener: JobReopener
  readonly audit: AuditLog
}

/** Held in memory at once. */
const LIMIT = 10_000
const OPEN: readonly Redriven['outcome'][] = ['reopened', 'open', 'purged']

const matches = ({ id, reason }: DeadLetter, selection: Selection): boolean =>
  (selection.ids?.includes(id) ?? true) && (selection.reason ?? reason) === reason

/** Builds the use case; each change is on the audit trail before it is made. */
export const createManageDeadLetters = (
  { deadLetters, reopener, audit }: RedriveDeps,
  deadlineMs: { readonly interactive: number; readonly bulk: number },
): ManageDeadLetters => {
  const note = ({ why, ...by }: Operator, action: string, { id, job, reason }: DeadLetter): Promise<void> => {
    const details = { reason, ...(why !== undefined && { why }) }
    return audit.record({ ...by, action, tenant: job?.tenant ?? null, target: id, details })
  }

  const redriveOne = async (by: Operator, letter: DeadLetter): Promise<Redriven['outcome']> => {
    if (!letter.job) return 'unreadable'
    await note(by, 'dead_letter_redriven', letter)
    return reopener.reopen(letter.job.tenant, letter.job.id, deadlineMs)
  }

  const each = async (selection: Selection, work: (letter: DeadLetter) => Promise<Redriven['outcome']>) => {
    const { atMost = LIMIT } = selection
    const redriven: Redriven[] = []
    await deadLetters.settle(LIMIT, async (letter) => {
      if (redriven.length >= atMost || !matches(letter, selection)) return 'keep'
      const outcome = await work(letter)
      redriven.push({ letter, outcome })
      return OPEN.includes(outcome) ? 'remove' : 'keep'
    })
    return redriven
  }

  return {
    redrive: (by, selection, dryRun) =>
      each(selection, async (letter) => {
        if (dryRun) return letter.job ? 'would try' : 'unreadable'
        return redriveOne(by, letter)
      }),
    purge: (by, selection) =>
      each(selection, async (letter) => {
        await note(by, 'dead_letter_purged', letter)
        return 'purged'
      }),
  }
}
