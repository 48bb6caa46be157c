import { createHash } from 'node:crypto'
import type { AuditEvent, AuditLog } from '../ports/audit-log.ts'
import type { Logger } from '../ports/logger.ts'

/** What was refused, for the audit trail. */
export type Refused = Pick<AuditEvent, 'actor' | 'action' | 'tenant' | 'target' | 'details' | 'requestId'>

/** Notes who was refused, so that a thousand guesses a second become one entry a minute. */
export interface Refusals {
  /** Never throws and never waits: the trail is no part of a refusal. */
  note(refused: Refused): void
  /** Write what was noted. */
  flush(): Promise<void>
}

const WINDOW_MS = 60_000
/** Bounds the memory that guesses from many addresses take; those over it are counted together. */
const MAX_GROUPS = 1_000
const OTHERS = 'others'

/** An address as the trail keeps it: whoever has the address finds it, nobody reads it there. */
export const addressHash = (address: string): string =>
  createHash('sha256').update(`muster address ${address}`).digest('hex').slice(0, 16)

/** Builds the notes. @param windowMs how long refusals of one kind are gathered */
export const createRefusals = (
  { audit, log }: { readonly audit: AuditLog; readonly log: Logger },
  windowMs = WINDOW_MS,
): Refusals => {
  let groups = new Map<string, { readonly first: Refused; count: number }>()
  let timer: NodeJS.Timeout | undefined

  const flush = async (): Promise<void> => {
    clearTimeout(timer)
    timer = undefined
    const noted = [...groups.values()]
    groups = new Map()
    await Promise.all(
      noted.map(({ first, count }) => audit.record({ ...first, channel: 'api', details: { ...first.details, count } })),
    ).catch((error: unknown) => log.warn({ error }, 'refusals could not be written to the audit trail'))
  }

  return {
    note(refused) {
      const { action, actor, target } = refused
      const own = `${action} ${actor} ${target}`
      const known = groups.has(own) || groups.size < MAX_GROUPS
      const key = known ? own : `${action} ${OTHERS}`
      const first = known ? refused : { action, actor: OTHERS, tenant: null, target: OTHERS }
      const group = groups.get(key) ?? { first, count: 0 }
      group.count += 1
      groups.set(key, group)
      timer ??= setTimeout(flush, windowMs).unref()
    },
    flush,
  }
}
