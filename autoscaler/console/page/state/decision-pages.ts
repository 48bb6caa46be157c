import type { Decision } from './resources.ts'

const PAGE = 12
/** As many as the autoscaler tells of at once. */
const MOST = 200

/** Decisions, newest first. */
export interface DecisionPage {
  readonly decisions: readonly Decision[]
  /** what came before these is asked for by this; null = there is nothing */
  readonly next: string | null
}

/** Decisions from the newest back to where somebody wanted to see them, without a hole. */
export interface DecisionPages {
  newest(signal: AbortSignal): Promise<DecisionPage>
  /** From now on those before are told too. @param next of the page that is shown */
  reachBack(next: string): Promise<void>
  /** From the newest page again. */
  startAnew(): void
}

type AskDecisions = (
  query: { readonly limit: number; readonly before?: string; readonly since?: string },
  signal?: AbortSignal,
) => Promise<DecisionPage>

/** What was reached back to: all that is not older than `since` is asked for again and again, the others are kept. */
interface Reached extends DecisionPage {
  readonly since?: string
}

/** Builds it. */
export const createDecisionPages = (ask: AskDecisions): DecisionPages => {
  let reached: Reached = { decisions: [], next: null }
  return {
    async newest(signal) {
      const mine = reached
      if (mine.since === undefined) return ask({ limit: PAGE }, signal)
      const { decisions, next } = await ask({ limit: MOST, since: mine.since }, signal)
      if (next === null) return { decisions: [...decisions, ...mine.decisions], next: mine.next }
      // So much has happened since that it would have a hole: whoever wants to see older ones reaches back again.
      if (reached === mine) reached = { decisions: [], next: null }
      return { decisions, next }
    },
    async reachBack(next) {
      const mine = reached
      const page = await ask({ limit: PAGE, before: next })
      // Asked twice, or of other decisions than those that are shown by now.
      if (reached !== mine) return
      reached = { since: mine.since ?? next, decisions: [...mine.decisions, ...page.decisions], next: page.next }
    },
    startAnew() {
      reached = { decisions: [], next: null }
    },
  }
}
