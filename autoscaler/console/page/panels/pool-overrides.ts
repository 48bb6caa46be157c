import { openConfirm } from '../dialogs/override-dialogs.ts'
import type { Console } from '../state/console.ts'
import type { Life } from '../state/life.ts'
import type { Override } from '../state/resources.ts'
import { createSource } from '../state/source.ts'
import { overrideList } from './override-list.ts'
import { following, panel } from './panel.ts'

const EVERY_MS = 30_000
const SHOWN = 6

/** What people said of a pool: what holds or waits, and what is over. */
export const poolOverrides = (console: Console, life: Life, name: string): HTMLElement => {
  const { api, fleet, signedIn, now } = console
  const source = createSource(
    async (signal) => {
      const path = `pools/${encodeURIComponent(name)}/overrides`
      return (await api.get<{ overrides: readonly Override[] }>(path, { limit: SHOWN }, signal)).overrides
    },
    { everyMs: EVERY_MS, life },
  )
  life.onEnd(fleet.overrides.watch(source.refresh))
  const onConfirm = (override: Override): void => {
    const pool = fleet.pools.get()?.find((one) => one.name === name)
    if (pool) openConfirm(console, pool, override, source.refresh)
  }
  const actions = signedIn.may('fleet:override') ? { onConfirm, key: signedIn.session.get()?.key } : {}
  return panel(
    'overrides',
    'What people said',
    [],
    following(source, life, (all) => overrideList(all, now.get(), actions)),
  )
}
