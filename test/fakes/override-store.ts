import type { KeptOverride, OverrideStore } from '../../infra/ports/override-store.ts'

const HOUR_MS = 3_600_000

interface Row {
  override: KeptOverride
  readonly durationMs: number
  told: boolean
}

/** Overrides in memory, for unit tests. Pass the port's contract suite. @param now epoch ms, the database's clock */
export const createMemoryOverrideStore = (now: () => number = Date.now): OverrideStore => {
  const rows: Row[] = []
  const isOpen = ({ override, told }: Row): boolean =>
    override.releasedAt === null && !told && override.expiresAt > now()
  const newestFirst = (found: readonly Row[]): readonly KeptOverride[] =>
    found.map(({ override }) => override).sort((a, b) => b.createdAt - a.createdAt || Number(b.id) - Number(a.id))
  return {
    async add({ needsSecond, durationMs, ...said }) {
      const createdAt = now()
      const expiresAt = createdAt + (needsSecond ? HOUR_MS : durationMs)
      const nobody = { confirmedBy: null, releasedAt: null, releasedBy: null }
      const override = { ...said, id: String(rows.length + 1), createdAt, expiresAt, pending: needsSecond, ...nobody }
      rows.push({ override, durationMs, told: false })
      return override
    },
    async confirm(id, actor) {
      const row = rows.find((one) => one.override.id === id && one.override.pending && isOpen(one))
      if (!row) return { kind: 'not-pending' }
      if (row.override.actor === actor) return { kind: 'same-person' }
      const expiresAt = now() + row.durationMs
      row.override = { ...row.override, pending: false, confirmedBy: actor, createdAt: now(), expiresAt }
      return { kind: 'confirmed', override: row.override }
    },
    async release(pool, actor) {
      const ended = rows.filter((row) => row.override.pool === pool && isOpen(row))
      for (const row of ended) row.override = { ...row.override, releasedAt: now(), releasedBy: actor }
      return ended.map(({ override }) => override)
    },
    active: async () => newestFirst(rows.filter((row) => !row.override.pending && isOpen(row))),
    list: async ({ pool, limit }) =>
      newestFirst(rows.filter(({ override }) => pool === undefined || override.pool === pool)).slice(0, limit),
    async takeExpired() {
      const expired = rows.filter(
        ({ override, told }) => !told && override.releasedAt === null && override.expiresAt <= now(),
      )
      for (const row of expired) row.told = true
      return expired.map(({ override }) => override)
    },
  }
}
