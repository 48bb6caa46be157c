import type { Notice } from '../ports/notifier.ts'

type Told = Pick<Notice, 'key' | 'kind'>

/** Which message of the channel a key's last notice is. */
export interface SentMessages {
  /** @returns `ts` of the message to be brought up to date; undefined = a new one is due @param now epoch ms */
  find(notice: Told, now: number): string | undefined
  keep(notice: Told, ts: string, now: number): void
  forget(key: string): void
}

/** A message that is older has left the screen: what is new in it would be seen by nobody. */
const FRESH_MS = 60 * 60_000
const MAX_KEYS = 500

/**
 * In memory: another process, which leads from now on, begins with a new message for each key, and that is all that is lost.
 */
export const createSentMessages = (): SentMessages => {
  const sent = new Map<string, { readonly ts: string; readonly at: number; readonly kind: Notice['kind'] }>()
  return {
    find({ key, kind }, now) {
      const message = sent.get(key)
      if (!message || now - message.at >= FRESH_MS) return undefined
      // A message that is brought up to date wakes nobody: what is wrong again must not stand there in silence.
      return kind === 'alert' && message.kind !== 'alert' ? undefined : message.ts
    },
    keep({ key, kind }, ts, now) {
      const at = sent.get(key)?.ts === ts ? (sent.get(key)?.at ?? now) : now
      sent.delete(key)
      const [oldest] = sent.size >= MAX_KEYS ? sent.keys() : []
      if (oldest !== undefined) sent.delete(oldest)
      sent.set(key, { ts, at, kind })
    },
    forget: (key) => void sent.delete(key),
  }
}
