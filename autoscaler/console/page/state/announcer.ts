/** Says to those who listen what others see change. */
export interface Announcer {
  /** @param text one sentence */
  say(text: string): void
}

/** A screen reader that is never silent is of no use: what comes meanwhile is said together. */
const PAUSE_MS = 8_000
const MOST = 3

/**
 * Builds it.
 * @param show puts the text where screen readers hear it
 * @param after runs something later
 */
export const createAnnouncer = (
  show: (text: string) => void,
  after: (work: () => void, ms: number) => void,
): Announcer => {
  let waiting: string[] = []
  let paused = false

  const speak = (): void => {
    if (waiting.length === 0) {
      paused = false
      return
    }
    const [said, more] = [waiting.slice(-MOST), waiting.length - MOST]
    waiting = []
    paused = true
    show([...said, ...(more > 0 ? [`and ${more} more`] : [])].join('. '))
    after(speak, PAUSE_MS)
  }
  return {
    say(text) {
      if (waiting.at(-1) === text) return
      waiting.push(text)
      if (!paused) speak()
    },
  }
}
