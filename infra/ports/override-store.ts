import type { Override, OverrideKind } from '../domain/scaling.ts'

/** What a person asks for. The database gives the id and the instants. */
export interface NewOverride {
  readonly pool: string
  readonly kind: OverrideKind
  readonly count: number | null
  readonly actor: string
  readonly reason: string
  readonly durationMs: number
  /** longer than a person may ask alone: it holds once somebody else has confirmed it */
  readonly needsSecond: boolean
}

/** An override with what became of it. */
export interface KeptOverride extends Override {
  /** waits for a second person */
  readonly pending: boolean
  readonly confirmedBy: string | null
  /** epoch ms and by whom; null = it was not ended before its time */
  readonly releasedAt: number | null
  readonly releasedBy: string | null
}

/** What came of a confirmation. `same-person`: it takes another. */
export type Confirmed =
  | { readonly kind: 'confirmed'; readonly override: KeptOverride }
  | { readonly kind: 'same-person' | 'not-pending' }

/**
 * What people said against the forecast. It is in the database and not in the autoscaler, so that it can be said while no
 * autoscaler, no Slack and no Nomad answers.
 * @throws UnavailableError
 */
export interface OverrideStore {
  /** A pending one lasts from its confirmation on, and is gone when nobody confirms it within an hour. */
  add(override: NewOverride): Promise<KeptOverride>
  confirm(id: string, actor: string): Promise<Confirmed>
  /** End all that hold or wait for a pool. @returns those that were ended */
  release(pool: string, actor: string): Promise<readonly KeptOverride[]>
  /** those that hold now, pending ones not */
  active(): Promise<readonly KeptOverride[]>
  /** newest first, ended ones too; every pool unless told */
  list(query: { readonly pool?: string; readonly limit: number }): Promise<readonly KeptOverride[]>
  /** Those that ran out since the last call, each told once, whoever asks. */
  takeExpired(): Promise<readonly KeptOverride[]>
}
