import type { CallFailure, UrlRefusal } from '../domain/webhook.ts'

/** One call to make. */
export interface WebhookCall {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** `answered`: with whatever status; `body` holds its first bytes, as text. */
export type Called =
  | {
      readonly kind: 'answered'
      readonly status: number
      readonly retryAfter: string | undefined
      readonly body: string
    }
  | { readonly kind: 'failed'; readonly failure: CallFailure }

/**
 * Calls addresses that callers chose, and therefore none that lies inside: it resolves a name once, looks at every answer,
 * and connects to what it looked at. Follows no redirect, uses no proxy, decodes nothing.
 */
export interface WebhookSender {
  /** What can be said without asking a name server; undefined = nothing against it. */
  refusal(url: string): UrlRefusal | undefined
  /** Never rejects. */
  call(call: WebhookCall): Promise<Called>
}
