import type { Session } from './resources.ts'
import { type Value, value } from './value.ts'

const KEPT_AS = 'muster.key'

/** Who is signed in. The key is in memory and in this tab's own storage, and nowhere else. */
export interface SignedIn {
  readonly session: Value<Session | undefined>
  /** the key, where there is one */
  key(): string | undefined
  /** Keep a key that was found good. */
  keep(key: string, session: Session): void
  /** Ask anew what the key may do. What is answered of one that was replaced or forgotten meanwhile is not kept. */
  renew(ask: () => Promise<Session>): Promise<void>
  /** Try a key before it is known to be good. */
  offer(key: string): void
  forget(): void
  may(permission: 'fleet:override' | 'fleet:operate'): boolean
}

/** Builds it. @param storage of the tab */
export const createSignedIn = (storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>): SignedIn => {
  let key = storage.getItem(KEPT_AS) ?? undefined
  const session = value<Session | undefined>(undefined)
  const keep = (good: string, whose: Session): void => {
    key = good
    storage.setItem(KEPT_AS, good)
    session.set(whose)
  }
  return {
    session,
    key: () => key,
    keep,
    async renew(ask) {
      const asked = key
      if (!asked) return
      const whose = await ask()
      if (key === asked) keep(asked, whose)
    },
    offer(other) {
      key = other
    },
    forget() {
      key = undefined
      storage.removeItem(KEPT_AS)
      session.set(undefined)
    },
    may: (permission) => session.get()?.permissions.includes(permission) ?? false,
  }
}
