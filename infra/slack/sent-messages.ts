/** Which message of the channel a key's last notice is. */
export interface SentMessages {
  /** @returns `ts` of the message to be brought up to date; undefined = a new one is due @param now epoch ms */
  find(key: string, now: number): string | undefined
  keep(key: string, ts: string, now: number): void
  forget(key: string): void
}

/** A message that is older has left the screen: what is new in it would be seen by nobody. */
const FRESH_MS = 60 * 60_000
const MAX_KEYS = 500

/**
 * In memory: another process, which leads from now on, begins with a new message for each key, and that is all that is lost.
 */
export const createSentMessages = (): SentMessages => {
  const sent = new Map<string, { readonly ts: string; readonly at: number }>()
  return {
    find(key, now) {
      const message = sent.get(key)
      return message && now - message.at < FRESH_MS ? message.ts : undefined
    },
    keep(key, ts, now) {
      const at = sent.get(key)?.ts === ts ? (sent.get(key)?.at ?? now) : now
      sent.delete(key)
      const [oldest] = sent.size >= MAX_KEYS ? sent.keys() : []
      if (oldest !== undefined) sent.delete(oldest)
      sent.set(key, { ts, at })
    },
    forget: (key) => void sent.delete(key),
  }
}
