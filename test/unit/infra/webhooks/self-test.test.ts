import { expect, it } from 'vitest'
import type { WebhookSender } from '../../../../infra/ports/webhook-sender.ts'
import { parseAllowList } from '../../../../infra/webhooks/allow-list.ts'
import type { Resolve } from '../../../../infra/webhooks/resolve.ts'
import { refusesLoopback } from '../../../../infra/webhooks/self-test.ts'
import { createWebhookSender } from '../../../../infra/webhooks/sender.ts'

it('is content with a sender that refuses to call inside', async () => {
  const open = (port: string, resolve: Resolve) =>
    createWebhookSender({ allow: [], ports: [port], timeoutMs: 1_000 }, resolve)
  expect(await refusesLoopback(open)).toBe(true)
})

it('is not content with one that gets through', async () => {
  const leaky = (port: string, resolve: Resolve) =>
    createWebhookSender({ allow: parseAllowList('127.0.0.0/8'), ports: [port], timeoutMs: 1_000 }, resolve)
  expect(await refusesLoopback(leaky)).toBe(false)
})

it('believes a knock more than what the sender says of itself', async () => {
  const liar = (port: string): WebhookSender => ({
    refusal: () => undefined,
    async call() {
      await fetch(`http://127.0.0.1:${port}/`).catch(() => {})
      return { kind: 'failed', failure: 'ADDRESS_REFUSED' }
    },
  })
  expect(await refusesLoopback(liar)).toBe(false)
})
