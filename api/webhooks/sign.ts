import { createHmac } from 'node:crypto'

const PREFIX = 'whsec_'
/** Between the 24 and 64 the standard allows, and as many as the hash can use. */
const SECRET_BYTES = 32

/** Make a secret as receivers want it. @param random cryptographically strong bytes, as many as asked for */
export const makeWebhookSecret = (random: (byteCount: number) => Uint8Array): string =>
  PREFIX + Buffer.from(random(SECRET_BYTES)).toString('base64')

/**
 * The headers that prove to a receiver who calls and when, and that nobody changed a byte.
 * @param secrets each signs, so that a receiver who still has the one before is not lost
 * @param atMs of this call, not of the event: receivers refuse what is old
 * @source Standard Webhooks 1.0.0
 */
export const signedHeaders = (
  secrets: readonly string[],
  { id, atMs, body }: { readonly id: string; readonly atMs: number; readonly body: string },
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(atMs / 1000))
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret, 'base64')
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`
  })
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') }
}
