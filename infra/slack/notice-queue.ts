import type { Notice } from '../ports/notifier.ts'

/** Notices that wait to be told: of each key the newest. Pure but for what it holds. */
export interface NoticeQueue {
  /** A notice that waits under the same key is replaced, and keeps its place in the line. */
  put(notice: Notice): void
  first(): Notice | undefined
  /** It was told. A newer one of its key that came meanwhile stays. */
  done(notice: Notice): void
  /** Drop what is too old to be news. Alerts stay. @param now epoch ms */
  dropStale(now: number): void
  readonly size: number
  /** how many were dropped since the last call, untold (count) */
  takeDroppedCount(): number
}

/** What happened longer ago is looked up with `why`, not read as news. */
const STALE_MS = 15 * 60_000

const isNews = ({ kind }: Notice): boolean => kind !== 'alert' && kind !== 'recovered'

/** Builds it. @param maxCount notices that may wait */
export const createNoticeQueue = (maxCount: number): NoticeQueue => {
  const waiting = new Map<string, Notice>()
  let droppedCount = 0
  const drop = ({ key }: Notice): void => {
    waiting.delete(key)
    droppedCount += 1
  }
  return {
    put(notice) {
      waiting.set(notice.key, notice)
      if (waiting.size <= maxCount) return
      const [oldest] = waiting.values()
      const victim = [...waiting.values()].find((one) => one.kind !== 'alert') ?? oldest
      if (victim) drop(victim)
    },
    first: () => waiting.values().next().value,
    done(notice) {
      if (waiting.get(notice.key) === notice) waiting.delete(notice.key)
    },
    dropStale(now) {
      for (const notice of [...waiting.values()]) if (isNews(notice) && notice.at < now - STALE_MS) drop(notice)
    },
    get size() {
      return waiting.size
    },
    takeDroppedCount() {
      const count = droppedCount
      droppedCount = 0
      return count
    },
  }
}
