import type { WebhookEndpoint, WebhookEvent } from '../../infra/domain/webhook.ts'
import { RequestError } from '../../infra/http/request-error.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { SecretBox } from '../../infra/ports/secret-box.ts'
import type { WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { WebhookSender } from '../../infra/ports/webhook-sender.ts'
import type { EndpointChanges, WebhookStore } from '../../infra/ports/webhook-store.ts'
import { refuseUrl } from './refuse-url.ts'
import { makeWebhookSecret } from './sign.ts'

/** What the api needs for webhooks. */
export interface Webhooks {
  readonly store: WebhookStore
  readonly outbox: WebhookOutbox
  readonly sender: Pick<WebhookSender, 'refusal'>
  readonly box: SecretBox
  /** cryptographically strong bytes */
  readonly randomBytes: (byteCount: number) => Uint8Array
  /** false = this process should make calls and does not, because they would not be safe */
  readonly healthy: () => boolean
}

/** Who acts, for the audit trail. */
export interface Actor {
  readonly tenant: string
  readonly keyId: string
  readonly requestId: string
}

/** More than anybody needs; every job's end looks through a tenant's endpoints. */
const MAX_ENDPOINTS = 20
/** Long enough to give every receiver the new secret, a weekend included. */
const OVERLAP_MS = 3 * 86_400_000

const notFound = (): RequestError => new RequestError('WEBHOOK_NOT_FOUND', 'there is no such webhook endpoint')

/** What endpoints and secrets have in common. */
const createMeans = ({ box, randomBytes }: Pick<Webhooks, 'box' | 'randomBytes'>, audit: Pick<AuditLog, 'record'>) => ({
  /** Written down before it happens: what cannot be accounted for must not be done. */
  record: ({ tenant, keyId, requestId }: Actor, action: string, target: string): Promise<void> =>
    audit.record({ actor: keyId, channel: 'api', action, tenant, target, requestId }),
  freshSecret: (tenant: string) => {
    const secret = makeWebhookSecret(randomBytes)
    return { secret, sealed: box.seal(secret, tenant) }
  },
})

const createManageSecrets = ({
  store,
  box,
  record,
  freshSecret,
}: Pick<Webhooks, 'store' | 'box'> & ReturnType<typeof createMeans>) => ({
  /** The new secret; the one before signs beside it for three days. @throws RequestError WEBHOOK_NOT_FOUND */
  async rotate(actor: Actor, id: string): Promise<string> {
    const { secret, sealed } = freshSecret(actor.tenant)
    await record(actor, 'webhook_secret_rotated', id)
    if (!(await store.rotate(actor.tenant, id, sealed, OVERLAP_MS))) throw notFound()
    return secret
  },

  /** The secret that signs calls to addresses of single requests; made when it is first asked for. */
  async tenantSecret(actor: Actor): Promise<string> {
    await record(actor, 'sensitive_read', 'webhook secret')
    const { tenant } = actor
    return box.open(await store.tenantSecret(tenant, freshSecret(tenant).sealed), tenant)
  },

  async rotateTenantSecret(actor: Actor): Promise<string> {
    const { secret, sealed } = freshSecret(actor.tenant)
    await record(actor, 'webhook_secret_rotated', 'webhook secret')
    await store.rotateTenantSecret(actor.tenant, sealed, OVERLAP_MS)
    return secret
  },
})

/** Endpoints and their secrets, for one tenant at a time; every change and every look at a secret is written down. */
export const createManageWebhooks = (
  { store, sender, box, randomBytes }: Webhooks,
  audit: Pick<AuditLog, 'record'>,
) => {
  const { record, freshSecret } = createMeans({ box, randomBytes }, audit)
  return {
    ...createManageSecrets({ store, box, record, freshSecret }),

    /** The secret is answered here and by `rotate`, and never again. @throws RequestError */
    async create(
      actor: Actor,
      wanted: { readonly url: string; readonly events: readonly WebhookEvent[]; readonly description: string },
    ) {
      const { tenant } = actor
      refuseUrl(sender, wanted.url, '/url')
      const { secret, sealed } = freshSecret(tenant)
      await record(actor, 'webhook_created', 'webhooks')
      const endpoint = await store.create({ tenant, ...wanted, secret: sealed }, MAX_ENDPOINTS)
      if (!endpoint) throw new RequestError('WEBHOOK_LIMIT', `a tenant has at most ${MAX_ENDPOINTS} webhook endpoints`)
      return { endpoint, secret }
    },

    list: (tenant: string): Promise<readonly WebhookEndpoint[]> => store.list(tenant),

    /** @throws RequestError WEBHOOK_NOT_FOUND */
    async find(tenant: string, id: string): Promise<WebhookEndpoint> {
      const endpoint = await store.find(tenant, id)
      if (!endpoint) throw notFound()
      return endpoint
    },

    /** @throws RequestError */
    async update(actor: Actor, id: string, changes: EndpointChanges): Promise<WebhookEndpoint> {
      if (changes.url !== undefined) refuseUrl(sender, changes.url, '/url')
      await record(actor, 'webhook_changed', id)
      const endpoint = await store.update(actor.tenant, id, changes)
      if (!endpoint) throw notFound()
      return endpoint
    },

    /** @throws RequestError WEBHOOK_NOT_FOUND */
    async remove(actor: Actor, id: string): Promise<void> {
      await record(actor, 'webhook_deleted', id)
      if (!(await store.remove(actor.tenant, id))) throw notFound()
    },
  }
}

export type ManageWebhooks = ReturnType<typeof createManageWebhooks>
