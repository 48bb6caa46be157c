import { PoolUnknownError } from '../infra/domain/errors.ts'
import type { Json } from '../infra/domain/json.ts'
import type { CountBounds, DecisionOutcome, KeptDecision, Override } from '../infra/domain/scaling.ts'
import type { AuditEvent, AuditLog } from '../infra/ports/audit-log.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { DecisionStore } from '../infra/ports/decision-store.ts'
import type { Notifier } from '../infra/ports/notifier.ts'
import type { KeptOverride, OverrideStore } from '../infra/ports/override-store.ts'
import { CommandInvalidError, type OverrideCommand, parseCommand } from './command.ts'
import { needsSecond } from './override.ts'
import { CountTooHighError, NotLastChangeError, NotPendingError, SecondPersonNeededError } from './override-errors.ts'
import { createOverrideNotices } from './override-notices.ts'
import { afterwardsInWords, effectInWords, instant, replacedInWords, sentenceOf } from './override-words.ts'

/** Who asks, and how. */
export type Said = Pick<AuditEvent, 'actor' | 'channel' | 'requestId'>

/** What came of it, for programs and in words. */
export interface OverrideOutcome {
  readonly kind: 'holds' | 'pending' | 'released'
  /** what was said or confirmed */
  readonly override: KeptOverride | undefined
  /** what it ended */
  readonly released: readonly KeptOverride[]
  readonly lines: readonly string[]
}

export interface OverrideDeps {
  readonly store: OverrideStore
  readonly decisions: Pick<DecisionStore, 'list'>
  readonly audit: AuditLog
  readonly notifier: Notifier
  readonly clock: Pick<Clock, 'now'>
  readonly pools: ReadonlyMap<string, CountBounds>
}

/**
 * What people may say against the forecast. Whatever changes anything is in the audit trail before it takes effect.
 * @throws CommandInvalidError, PoolUnknownError, CountTooHighError, SecondPersonNeededError, NotPendingError,
 *   NotLastChangeError; UnavailableError: then nothing has changed
 */
export interface Overrides {
  /** @param said a sentence, or what one was read as */
  run(said: string | OverrideCommand, by: Said): Promise<OverrideOutcome>
  /** Go back to the count before a pool's last change, for half an hour. @param decisionId of that change */
  undo(pool: string, decisionId: string, by: Said): Promise<OverrideOutcome>
  /** Keep the count as it is for half an hour. */
  hold(pool: string, by: Said): Promise<OverrideOutcome>
  /** Tell people of what ran out. Each is told once, whichever process asks. */
  announceExpired(): Promise<void>
}

/** A press of a button is no plan for the afternoon. */
const PRESSED_MS = 30 * 60_000
/** Longer is a matter of the schedule or of the bounds. */
const MAX_MS = 30 * 24 * 3_600_000
/** Among these many the last change of the count is found, or it is too long ago to be undone. */
const LOOKED_BACK = 20

type Saying = Extract<OverrideCommand, { count: number | null }>

/** What came of a decision where its count is, or may be, the pool's own. */
const DONE: ReadonlySet<DecisionOutcome> = new Set(['none', 'applied', 'intended', 'unavailable'])

const isChange = ({ direction, outcome }: KeptDecision): boolean => direction !== 'none' && DONE.has(outcome)
const countAfter = ({ from, to, outcome }: KeptDecision): number => (DONE.has(outcome) ? to : from)

const factsOf = ({ kind, count }: Pick<Override, 'kind' | 'count'>): Json => ({ kind, count })

/** What there is to know of a pool when somebody says something. */
const createLooks = ({ store, decisions, audit, pools }: OverrideDeps) => ({
  boundsOf(pool: string): CountBounds {
    const bounds = pools.get(pool)
    if (!bounds) throw new PoolUnknownError(pool)
    return bounds
  },
  holding: async (pool: string) => (await store.active()).filter((one) => one.pool === pool),
  async presentCount(pool: string): Promise<number | undefined> {
    const [last] = await decisions.list({ pool, limit: 1 })
    return last && countAfter(last)
  },
  note: (by: Said, action: string, target: string, details: NonNullable<AuditEvent['details']>) =>
    audit.record({ ...by, action, tenant: null, target, details }),
})

/** Saying and confirming. */
const createSaying = (deps: OverrideDeps) => {
  const { store } = deps
  const looks = createLooks(deps)
  const notices = createOverrideNotices(deps)

  const held = (override: KeptOverride, others: readonly Override[], present: number | undefined): OverrideOutcome => {
    const { pool, kind, count, confirmedBy } = override
    const lines = [
      `${pool}: ${sentenceOf(override)}`,
      ...(confirmedBy === null ? [] : [`confirmed by ${confirmedBy}`]),
      effectInWords(kind, count, present, looks.boundsOf(pool)),
      ...replacedInWords(override, others),
    ]
    notices.tell(override, lines, ['release'])
    return { kind: 'holds', override, released: [], lines }
  }

  const pending = (override: KeptOverride): OverrideOutcome => {
    const { id, pool, kind, count, actor, reason, expiresAt } = override
    const lines = [
      `${pool}: ${kind}${count === null ? '' : ` ${count}`} by ${actor}: ${reason}`,
      `it is for over 24 hours: somebody else must confirm it before ${instant(expiresAt)} (confirm ${id})`,
    ]
    notices.tell(override, lines, ['confirm', 'release'])
    return { kind: 'pending', override, released: [], lines }
  }

  return {
    async say(command: Saying, by: Said): Promise<OverrideOutcome> {
      const { kind, pool, durationMs, reason } = command
      const { max } = looks.boundsOf(pool)
      if (command.count !== null && command.count > max) throw new CountTooHighError(pool, max)
      if (!(durationMs > 0 && durationMs <= MAX_MS)) throw new CommandInvalidError('an override lasts at most 30d')
      const [others, present] = await Promise.all([looks.holding(pool), looks.presentCount(pool)])
      const count = kind === 'hold' ? (present ?? null) : command.count
      const second = needsSecond(durationMs)
      const before = others[0] ? factsOf(others[0]) : null
      const after = { kind, count, durationMs, needsSecond: second }
      await looks.note(by, 'override_said', pool, { before, after, reason, count: present ?? null })
      const override = await store.add({ pool, kind, count, actor: by.actor, reason, durationMs, needsSecond: second })
      return override.pending ? pending(override) : held(override, others, present)
    },
    async confirm(id: string, by: Said): Promise<OverrideOutcome> {
      await looks.note(by, 'override_confirmed', `override:${id}`, {})
      const confirmed = await store.confirm(id, by.actor)
      if (confirmed.kind !== 'confirmed')
        throw confirmed.kind === 'same-person' ? new SecondPersonNeededError() : new NotPendingError()
      const { override } = confirmed
      const [others, present] = await Promise.all([looks.holding(override.pool), looks.presentCount(override.pool)])
      const older = others.filter((one) => one.id !== override.id)
      return held(override, older, present)
    },
  }
}

const createRelease = (deps: OverrideDeps) => {
  const looks = createLooks(deps)
  const notices = createOverrideNotices(deps)
  return async (pool: string, reason: string, by: Said): Promise<OverrideOutcome> => {
    looks.boundsOf(pool)
    const before = (await looks.holding(pool)).map(factsOf)
    await looks.note(by, 'override_released', pool, { before, reason })
    const released = await deps.store.release(pool, by.actor)
    const lines =
      released.length === 0
        ? [`${pool}: there was nothing to release`]
        : [`${pool}: released by ${by.actor}`, ...released.map(sentenceOf), afterwardsInWords([])]
    for (const one of released) notices.tell(one, lines, [])
    return { kind: 'released', override: undefined, released, lines }
  }
}

/** Builds the use case. */
export const createOverrides = (deps: OverrideDeps): Overrides => {
  const { say, confirm } = createSaying(deps)
  const release = createRelease(deps)
  const { boundsOf } = createLooks(deps)
  const { announceExpired } = createOverrideNotices(deps)
  return {
    async run(said, by) {
      const command = typeof said === 'string' ? parseCommand(said) : said
      if (command.kind === 'confirm') return confirm(command.id, by)
      if (command.kind === 'release') return release(command.pool, command.reason, by)
      return say(command, by)
    },
    async undo(pool, decisionId, by) {
      const { max } = boundsOf(pool)
      const last = (await deps.decisions.list({ pool, changesOnly: true, limit: LOOKED_BACK })).find(isChange)
      if (last?.id !== decisionId) throw new NotLastChangeError()
      const count = Math.min(last.from, max)
      return say({ kind: 'pin', pool, count, durationMs: PRESSED_MS, reason: `undo ${last.from} -> ${last.to}` }, by)
    },
    hold: (pool, by) =>
      say({ kind: 'hold', pool, count: null, durationMs: PRESSED_MS, reason: 'held by a button' }, by),
    announceExpired,
  }
}
