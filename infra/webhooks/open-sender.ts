import type { WebhookSender } from '../ports/webhook-sender.ts'
import { parseAllowList } from './allow-list.ts'
import { refusesLoopback } from './self-test.ts'
import { createWebhookSender } from './sender.ts'

/** Where receivers on the internet listen; any other port is rather a service of somebody's own. */
export const PORTS = ['443', '8443']
/** @source Standard Webhooks 1.0.0: 15 to 30 s */
const TIMEOUT_MS = 15_000
const SELF_TEST_TIMEOUT_MS = 2_000

/**
 * The sender as it is configured, tested on this very machine before it is trusted.
 * @param allow receivers inside that the operator vouches for
 * @returns `safe: false` when a call to this machine's own loopback address got through: then nobody must be called
 * @throws AllowListInvalidError
 */
export const openWebhookSender = async (
  allow: string,
): Promise<{ readonly sender: WebhookSender; readonly safe: boolean }> => ({
  sender: createWebhookSender({ allow: parseAllowList(allow), ports: PORTS, timeoutMs: TIMEOUT_MS }),
  safe: await refusesLoopback((port, resolve) =>
    createWebhookSender({ allow: [], ports: [port], timeoutMs: SELF_TEST_TIMEOUT_MS }, resolve),
  ),
})
