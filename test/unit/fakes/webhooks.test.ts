import { describeWebhookCalls } from '../../contract/webhook-calls.ts'
import { describeWebhookOutbox } from '../../contract/webhook-outbox.ts'
import { describeWebhookStore } from '../../contract/webhook-store.ts'
import { createMemoryWebhooks } from '../../fakes/webhooks.ts'

describeWebhookStore('memory', async () => createMemoryWebhooks().store)
describeWebhookOutbox('memory', async () => createMemoryWebhooks())

const shared = createMemoryWebhooks()
describeWebhookCalls('memory', async () => shared)
