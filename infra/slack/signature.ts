import { createHmac, timingSafeEqual } from 'node:crypto'

/** In both directions: a clock may be wrong either way. @source Slack, "Verifying requests from Slack" */
const TOLERANCE_MS = 5 * 60_000
const TIMESTAMP = /^\d{1,12}$/

/** What a request says of itself. */
export interface SignedRequest {
  /** `x-slack-request-timestamp`: epoch seconds */
  readonly timestamp: string | undefined
  /** `x-slack-signature` */
  readonly signature: string | undefined
  /** as it came, before anything read it */
  readonly body: Uint8Array
}

/** The signature of a body. @source Slack, "Verifying requests from Slack", version v0 */
export const signatureOf = (secret: string, timestamp: string, body: Uint8Array): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest('hex')}`

const same = (a: string, b: string): boolean => {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/**
 * Did Slack send this, just now?
 * @param now epoch ms
 * @returns why not, undefined = it did
 */
export const signatureProblem = (
  secret: string,
  { timestamp, signature, body }: SignedRequest,
  now: number,
): 'missing' | 'old' | 'wrong' | undefined => {
  if (timestamp === undefined || signature === undefined || !TIMESTAMP.test(timestamp)) return 'missing'
  // First what tells most: whoever has no secret learns nothing of our clock.
  if (!same(signatureOf(secret, timestamp, body), signature)) return 'wrong'
  return Math.abs(now - Number(timestamp) * 1000) > TOLERANCE_MS ? 'old' : undefined
}
