import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { WebhookAttempt, WebhookEndpoint } from '../infra/domain/webhook.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { ListedDelivery, WebhookOutbox } from '../infra/ports/webhook-outbox.ts'
import type { WebhookStore } from '../infra/ports/webhook-store.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { TENANT } from './keys.ts'
import { print, say, sayGood, table } from './output.ts'
import { parsePeriod } from './period.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

interface Stores {
  readonly store: WebhookStore
  readonly outbox: WebhookOutbox
  readonly audit: AuditLog
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const MESSAGE_ID = /^(?:msg_)?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/
/** A date alone, or an instant with its zone. */
const INSTANT = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/
const COUNT = /^[1-9]\d{0,3}$/

const withWebhooks = async <T>(program: Command, tenant: string, work: (stores: Stores) => Promise<T>): Promise<T> => {
  if (!TENANT.test(tenant)) throw new UsageError('a tenant is 1 to 63 letters, digits, dashes and underscores')
  const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createWebhookStore } = await import('../infra/postgres/webhook-store.ts')
  const { createWebhookOutbox } = await import('../infra/postgres/webhook-outbox.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1, maxTenantCount: 1 })
  try {
    const stores = { store: createWebhookStore(pool), outbox: createWebhookOutbox(pool), audit: createAuditLog(pool) }
    return await work(stores)
  } finally {
    await pool.end()
  }
}

/**
 * A moment in the past: so long ago, or a date or an instant with its zone; as epoch ms.
 * @throws UsageError when it is neither
 */
export const parseMoment = (text: string, now: number): number => {
  const ago = parsePeriod(text)
  const at = ago === undefined ? (INSTANT.test(text) ? Date.parse(text) : Number.NaN) : now - ago
  if (!Number.isFinite(at)) throw new UsageError('a moment is 24h, 3d, 2027-01-31 or 2027-01-31T09:00Z')
  return at
}

const instant = (ms: number | null): string => (ms === null ? '-' : new Date(ms).toISOString().slice(0, 19).concat('Z'))

const toEndpointRow = ({
  id,
  url,
  events,
  disabledReason,
  disabledAt,
  failingSince,
}: WebhookEndpoint): readonly string[] => [
  id,
  url,
  events.map((event) => event.replace('check.', '')).join(' '),
  disabledReason === null ? 'on' : `off (${disabledReason}) since ${instant(disabledAt)}`,
  instant(failingSince),
]

const stateOf = ({ deliveredAt, givenUpAt }: ListedDelivery): string => {
  if (deliveredAt !== null) return 'delivered'
  return givenUpAt === null ? 'pending' : 'failed'
}

const DELIVERY_HEADER = ['ID', 'TYPE', 'OCCURRED', 'STATE', 'ATTEMPTS', 'LAST', 'ANSWER']
const toDeliveryRow = (delivery: ListedDelivery): readonly string[] => [
  `msg_${delivery.id}`,
  delivery.type,
  instant(delivery.occurredAt),
  stateOf(delivery),
  String(delivery.attempt),
  [delivery.lastStatus, delivery.lastError].filter((part) => part !== null).join(' ') || '-',
  // What a receiver answers is its own: shown to operators here, never to callers, and never as control characters.
  (delivery.lastBody ?? '-').replace(/[^\x20-\x7e]/g, '.').slice(0, 60),
]

const toCallRow = ({ attempt, at, status, error, durationMs }: WebhookAttempt): readonly string[] => [
  String(attempt),
  instant(at),
  String(status ?? '-'),
  error ?? '-',
  `${durationMs} ms`,
]

interface Options {
  readonly tenant: string
  readonly json?: boolean
  readonly endpoint?: string
  readonly limit?: string
  readonly since?: string
  readonly until?: string
}

const registerList = (webhooks: Command, program: Command): void => {
  webhooks
    .command('list')
    .summary('the endpoints of a tenant')
    .requiredOption('--tenant <name>', 'whose')
    .option('--json', 'for programs')
    .action(async ({ tenant, json }: Options) => {
      const found = await withWebhooks(program, tenant, ({ store }) => store.list(tenant))
      if (json) print(JSON.stringify(found, null, 2))
      else if (found.length > 0)
        print(table([['ID', 'URL', 'EVENTS', 'STATE', 'FAILING SINCE'], ...found.map(toEndpointRow)]))
      else say(`tenant ${tenant} has no webhook endpoints`)
    })
}

const registerDeliveries = (webhooks: Command, program: Command): void => {
  webhooks
    .command('deliveries')
    .summary('what was sent, and what the receivers answered')
    .requiredOption('--tenant <name>', 'whose')
    .option('--endpoint <id>', 'to this endpoint only')
    .option('--limit <count>', 'the newest so many', '20')
    .option('--json', 'for programs')
    .action(async ({ tenant, endpoint, limit = '', json }: Options) => {
      if (!COUNT.test(limit)) throw new UsageError('--limit takes 1 to 9999')
      if (endpoint !== undefined && !UUID.test(endpoint)) throw new UsageError('--endpoint takes the id of an endpoint')
      const query = { limit: Number(limit), ...(endpoint !== undefined && { endpointId: endpoint }) }
      const found = await withWebhooks(program, tenant, ({ outbox }) => outbox.deliveries(tenant, query))
      if (json) print(JSON.stringify(found, null, 2))
      else if (found.length > 0) print(table([DELIVERY_HEADER, ...found.map(toDeliveryRow)]))
      else say('nothing was sent')
    })
}

const registerShow = (webhooks: Command, program: Command): void => {
  webhooks
    .command('show')
    .summary('one delivery, and what became of each call of it')
    .argument('<delivery-id>', 'msg_...')
    .requiredOption('--tenant <name>', 'whose')
    .option('--json', 'for programs')
    .action(async (deliveryId: string, { tenant, json }: Options) => {
      const [, id] = MESSAGE_ID.exec(deliveryId) ?? []
      if (id === undefined) throw new UsageError('a delivery is msg_ and its id')
      const found = await withWebhooks(program, tenant, ({ outbox }) => outbox.delivery(tenant, id))
      if (!found) throw new NothingThereError('there is no such delivery')
      if (json) print(JSON.stringify(found, null, 2))
      else {
        print(table([DELIVERY_HEADER, toDeliveryRow(found)]))
        if (found.calls.length > 0)
          print(table([['CALL', 'AT', 'STATUS', 'ERROR', 'TOOK'], ...found.calls.map(toCallRow)]))
      }
    })
}

const registerReplay = (webhooks: Command, program: Command): void => {
  webhooks
    .command('replay')
    .summary('send one delivery again, or what an endpoint was not given of a time')
    .argument('[delivery-id]', 'msg_...')
    .requiredOption('--tenant <name>', 'whose')
    .option('--endpoint <id>', 'with --since: everything this endpoint was not given')
    .option('--since <moment>', '24h, 3d, a date or an instant')
    .option('--until <moment>', 'now unless told')
    .action(async (deliveryId: string | undefined, { tenant, endpoint, since, until }: Options) => {
      const [, id] = MESSAGE_ID.exec(deliveryId ?? '') ?? []
      const isRange = endpoint !== undefined && UUID.test(endpoint) && since !== undefined
      if ((id === undefined) !== isRange) throw new UsageError('give a delivery, or --endpoint and --since')
      const now = Date.now()
      const count = await withWebhooks(program, tenant, async ({ outbox, audit }) => {
        const target = id ?? String(endpoint)
        const actor = `cli:${userInfo().username}`
        await audit.record({ actor, channel: 'cli', action: 'webhook_replayed', tenant, target })
        if (id !== undefined) return Number(await outbox.replay(tenant, id))
        const end = until === undefined ? now : parseMoment(until, now)
        return outbox.replayRange(tenant, String(endpoint), parseMoment(String(since), now), end)
      })
      if (count === 0) throw new NothingThereError('nothing to send again')
      sayGood(`will be sent again: ${count}`)
    })
}

/** `./muster webhooks list|deliveries|show|replay` */
export const registerWebhooks = (program: Command): void => {
  const webhooks = program.command('webhooks').summary('webhooks: endpoints, what was sent, sending it again')
  registerList(webhooks, program)
  registerDeliveries(webhooks, program)
  registerShow(webhooks, program)
  registerReplay(webhooks, program)
}
