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
