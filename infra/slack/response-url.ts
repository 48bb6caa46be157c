import type { SlackAnswer } from './message.ts'

/** Says something later, to the person who asked. Never throws. @returns false = it could not be said */
export type Respond = (responseUrl: string | undefined, answer: SlackAnswer) => Promise<boolean>

/** @source Slack, "Handling user interaction": where response URLs point to */
const SLACK_HOSTS: readonly string[] = ['https://hooks.slack.com', 'https://hooks.slack-gov.com']
const TIMEOUT_MS = 5_000

/**
 * Answers over the address that came with a request. It is what somebody sent: only Slack's own hosts are called.
 * @param apiUrl where another Slack than the public one is configured its host is one of them
 */
export const createRespond = (apiUrl: string): Respond => {
  const { origin, hostname } = new URL(apiUrl)
  const known = new Set(hostname === 'slack.com' ? SLACK_HOSTS : [...SLACK_HOSTS, origin])
  const isKnown = (url: string): boolean => URL.canParse(url) && known.has(new URL(url).origin)
  return async (responseUrl, answer) => {
    if (responseUrl === undefined || !isKnown(responseUrl)) return false
    try {
      const response = await fetch(responseUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(answer),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      })
      await response.body?.cancel()
      return response.ok
    } catch {
      return false
    }
  }
}
