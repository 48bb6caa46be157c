import type { Json } from '../domain/json.ts'

/** Something a person may later have to account for. No picture, name, document number or secret is ever part of it. */
export interface AuditEvent {
  /** who: a key id, a user of a machine, a process of Muster */
  readonly actor: string
  readonly channel: 'api' | 'cli' | 'slack' | 'system'
  /** what, after the OWASP Logging Vocabulary: `sensitive_read`, `authn_token_created`, ... */
  readonly action: string
  /** whose data it touches; null = nobody's */
  readonly tenant: string | null
  /** which thing: a job's id, a key's id, a pool's name */
  readonly target: string
  /** facts of the action: before and after, a reason, a count */
  readonly details?: { readonly [name: string]: Json }
  readonly requestId?: string
}

/**
 * The trail of sensitive actions: append-only and chained, so that a change, a gap or another order shows.
 * @throws UnavailableError when it cannot be written: then the action must not happen either
 */
export interface AuditLog {
  /** Durable when it resolves. Calls of one moment may be grouped. */
  record(event: AuditEvent): Promise<void>
}

/** One event as it stands in the trail. */
export interface AuditEntry extends AuditEvent {
  /** its place, from 1, without a gap */
  readonly seq: number
  /** epoch ms by the database's clock */
  readonly at: number
  /** of the entry before it; 64 zeros for the first */
  readonly previousHash: string
  readonly hash: string
}

/** The last entry of a trail, as it is told elsewhere than in the trail itself. seq 0 = it is empty. */
export interface AuditHead {
  readonly seq: number
  readonly hash: string
}

/** Which entries to look at. */
export interface AuditQuery {
  readonly tenant?: string
  readonly action?: string
  /** epoch ms; not older than this */
  readonly since?: number
  /** a seq; only what came before it */
  readonly before?: number
  readonly limit: number
}

/** Looking at the trail. @throws UnavailableError */
export interface AuditTrail {
  /** newest first */
  list(query: AuditQuery): Promise<readonly AuditEntry[]>
  /** all of them as they are stored, in their order, after this seq */
  after(seq: number, limit: number): Promise<readonly AuditEntry[]>
  head(): Promise<AuditHead>
}
