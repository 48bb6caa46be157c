import { WebAPIPlatformError, WebAPIRateLimitedError } from '@slack/web-api'

/**
 * What to do after a call that failed:
 * - `later`: Slack is away or asks for patience; `afterMs` where it said how long
 * - `gone`: the message to be brought up to date is there no more, or may not be changed any more
 * - `never`: this message will not be taken, whenever it comes
 */
export type Failure =
  | { readonly kind: 'later'; readonly afterMs: number | undefined; readonly code: string }
  | { readonly kind: 'gone' | 'never'; readonly code: string }

/** @source Slack, errors of `chat.update` */
const GONE: ReadonlySet<string> = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed'])
/** @source Slack, errors of `chat.postMessage` */
const NEVER: ReadonlySet<string> = new Set([
  'invalid_blocks',
  'invalid_blocks_format',
  'msg_blocks_too_long',
  'msg_too_long',
  'no_text',
  'invalid_arguments',
])

/** Read what went wrong. The code is Slack's own word, or ours where it said none: nothing of the message is in it. */
export const failureOf = (error: unknown): Failure => {
  if (error instanceof WebAPIRateLimitedError)
    return { kind: 'later', afterMs: error.retryAfter * 1000, code: 'ratelimited' }
  const code = error instanceof WebAPIPlatformError ? error.data.error : 'unreachable'
  if (GONE.has(code)) return { kind: 'gone', code }
  if (NEVER.has(code)) return { kind: 'never', code }
  // Also a channel that the app was not invited to, and a token that is no longer good: somebody will mend it.
  return { kind: 'later', afterMs: undefined, code }
}
