import type { Override } from '../infra/domain/scaling.ts'
import type { Clock } from '../infra/ports/clock.ts'
import type { Notice, Notifier } from '../infra/ports/notifier.ts'
import type { KeptOverride, OverrideStore } from '../infra/ports/override-store.ts'
import { afterwardsInWords } from './override-words.ts'

interface NoticeDeps {
  readonly store: Pick<OverrideStore, 'takeExpired' | 'active'>
  readonly notifier: Notifier
  readonly clock: Pick<Clock, 'now'>
}

const endInWords = ({ pool, kind, count, actor, pending }: KeptOverride, others: readonly Override[]) => {
  const what = `${kind}${count === null ? '' : ` ${count}`} by ${actor}`
  return pending
    ? [`${pool}: nobody confirmed ${what}, it is void`]
    : [`${pool}: ${what} ran out`, afterwardsInWords(others)]
}

/** Telling people of overrides: one message each, from its beginning to its end. */
export const createOverrideNotices = ({ store, notifier, clock }: NoticeDeps) => {
  const tell = ({ pool, id }: KeptOverride, lines: readonly string[], actions: Notice['actions']): void => {
    const about = actions.length > 0 ? { about: id } : {}
    notifier.tell({ kind: 'override', pool, at: clock.now(), lines, key: `override:${id}`, actions, ...about })
  }
  return {
    tell,
    /** Each that ran out is told once, whichever process asks. @throws UnavailableError */
    async announceExpired(): Promise<void> {
      const expired = await store.takeExpired()
      if (expired.length === 0) return
      const active = await store.active()
      for (const one of expired) {
        const others = active.filter(({ pool }) => pool === one.pool)
        tell(one, endInWords(one, others), [])
      }
    },
  }
}
