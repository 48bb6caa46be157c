import Type from 'typebox'
import { OVERRIDE_KINDS, type Override } from '../../infra/domain/scaling.ts'
import { nullable, strict, words } from '../../infra/http/schema.ts'
import type { KeptOverride } from '../../infra/ports/override-store.ts'

const Instant = Type.String({ format: 'date-time' })

const Held = {
  id: Type.String(),
  pool: Type.String(),
  kind: words(OVERRIDE_KINDS),
  count: nullable(Type.Integer({ minimum: 0, description: 'null of those that need none' })),
  actor: Type.String({ description: 'who said it: a key id, `cli:` and a user, `slack:` and a user' }),
  reason: Type.String(),
  createdAt: Instant,
  expiresAt: Instant,
}

/** An override as it held when something was decided. */
export const HeldOverrideSchema = strict(Held)

const STATES = ['holds', 'pending', 'over', 'released'] as const

/** An override with what became of it. Members are added, never renamed. */
export const OverrideSchema = strict({
  ...Held,
  state: words(STATES, 'of several that hold for a pool the newest counts'),
  confirmedBy: nullable(Type.String({ description: 'the second person' })),
  releasedAt: nullable(Instant),
  releasedBy: nullable(Type.String()),
})

const instant = (epochMs: number): string => new Date(epochMs).toISOString()

/** An override as a decision shows it. */
export const toHeldOverride = ({ id, pool, kind, count, actor, reason, createdAt, expiresAt }: Override) => ({
  id,
  pool,
  kind,
  count,
  actor,
  reason,
  createdAt: instant(createdAt),
  expiresAt: instant(expiresAt),
})

/** What became of an override. @param now epoch ms */
export const stateOf = (override: KeptOverride, now: number): (typeof STATES)[number] => {
  if (override.releasedAt !== null) return 'released'
  if (override.expiresAt <= now) return 'over'
  return override.pending ? 'pending' : 'holds'
}

/** An override as HTTP and `--json` show it. @param now epoch ms */
export const toOverrideResource = (override: KeptOverride, now: number) => {
  const { confirmedBy, releasedAt, releasedBy } = override
  return {
    ...toHeldOverride(override),
    state: stateOf(override, now),
    confirmedBy,
    releasedAt: releasedAt === null ? null : instant(releasedAt),
    releasedBy,
  }
}
