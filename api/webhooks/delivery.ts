import { setTimeout as pause } from 'node:timers/promises'
import { SecretUnreadableError } from '../../infra/domain/errors.ts'
import { type CallFailure, OPERATOR } from '../../infra/domain/webhook.ts'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { SecretBox } from '../../infra/ports/secret-box.ts'
import type { DueDelivery, WebhookOutbox } from '../../infra/ports/webhook-outbox.ts'
import type { Called, WebhookSender } from '../../infra/ports/webhook-sender.ts'
import type { WebhookStore } from '../../infra/ports/webhook-store.ts'
import { messageIdOf, payloadOf } from './payload.ts'
import { nextStep } from './schedule.ts'
import { makeWebhookSecret, signedHeaders } from './sign.ts'

/** What delivering needs from the rest of the system. */
export interface DeliveryDeps {
  readonly store: Pick<WebhookStore, 'tenantSecret'>
  readonly outbox: Pick<WebhookOutbox, 'due' | 'settle'>
  readonly sender: Pick<WebhookSender, 'call'>
  readonly box: SecretBox
  readonly clock: Clock
  readonly log: Logger
  readonly metrics: Metrics
  /** cryptographically strong bytes */
  readonly randomBytes: (byteCount: number) => Uint8Array
  /** 0..1 */
  readonly random: () => number
}

/** What a receiver is told of us. */
export interface DeliveryConfig {
  readonly publicUrl: string | undefined
  readonly version: string
  /** signs what operators are told; absent = they are told nothing */
  readonly noticeSecret?: (() => string) | undefined
}

/** Calls under way in one process: mostly waiting, so they cost little; no receiver and no tenant may hold them all. */
const LIMITS = { totalCount: 128, perTargetCount: 16, perTenantCount: 64 } as const
/** Longer than the longest call and its outcome: one that is still under way must not be made again. */
const LEASE_MS = 60_000
/** An endpoint that failed for so long is no longer called. Longer than one event is tried for. */
const DISABLE_AFTER_MS = 5 * 86_400_000

/** Makes the calls that are due. */
export interface Delivery {
  /** Take what is due, as far as there are free places, and begin to call; answers how many calls were begun. */
  round(): Promise<number>
  /** Resolves when a call under way has ended, or after `ms`. */
  idle(ms: number, signal: AbortSignal): Promise<void>
  /** Resolves when no call is under way. */
  settled(): Promise<void>
}

/** A call, from what is due to its kept outcome. @throws UnavailableError when the outcome cannot be kept */
const createDeliver = (deps: DeliveryDeps, { publicUrl, version, noticeSecret }: DeliveryConfig) => {
  const { store, outbox, sender, box, clock, log, metrics, random, randomBytes } = deps
  const failed = (failure: CallFailure): Called => ({ kind: 'failed', failure })

  const secretsOf = async ({ tenant, secrets }: DueDelivery): Promise<readonly string[]> => {
    if (tenant === OPERATOR) {
      if (!noticeSecret) throw new SecretUnreadableError('WEBHOOK_NOTICE_SECRET is not set')
      return [noticeSecret()]
    }
    const stored =
      secrets.length > 0
        ? secrets
        : [await store.tenantSecret(tenant, box.seal(makeWebhookSecret(randomBytes), tenant))]
    return stored.map((secret) => box.open(secret, tenant))
  }

  const call = async (delivery: DueDelivery): Promise<Called> => {
    let secrets: readonly string[]
    try {
      secrets = await secretsOf(delivery)
    } catch (error) {
      log.error({ deliveryId: delivery.id, error }, 'webhook cannot be signed')
      return failed('SECRET_UNREADABLE')
    }
    const body = payloadOf(delivery, publicUrl)
    const signed = signedHeaders(secrets, { id: messageIdOf(delivery.id), atMs: clock.now(), body })
    const headers = { 'content-type': 'application/json', 'user-agent': `muster-webhooks/${version}`, ...signed }
    return sender.call({ url: delivery.url, headers, body })
  }

  return async (delivery: DueDelivery): Promise<void> => {
    const { id, attempt, endpointId } = delivery
    const startedAt = clock.monotonic()
    const called = await call(delivery)
    const ms = Math.round(clock.monotonic() - startedAt)
    const step = nextStep(called, attempt, random(), clock.now())
    const disabled = await outbox.settle({ id, attempt, ...step, durationMs: ms }, DISABLE_AFTER_MS)
    metrics.count('webhook_calls', { reason: step.verdict })
    const facts = {
      deliveryId: id,
      endpointId,
      attempt,
      verdict: step.verdict,
      status: step.status,
      reason: step.error,
    }
    log[step.verdict === 'give-up' ? 'warn' : 'info']({ ...facts, ms }, 'webhook called')
    if (!disabled) return
    metrics.count('webhook_endpoints_disabled', { reason: disabled.reason })
    const { tenant, reason } = disabled
    log.error({ endpointId: disabled.endpointId, tenant, reason }, 'webhook endpoint disabled: tell its owner')
  }
}

/** Delivers by leases from the outbox, many calls at once, each receiver within its own limit. */
export const createDelivery = (deps: DeliveryDeps, config: DeliveryConfig): Delivery => {
  const deliver = createDeliver(deps, config)
  const underWay = new Set<Promise<void>>()

  const begin = (delivery: DueDelivery): void => {
    const ended = deliver(delivery)
      // Its lease runs out, and somebody calls again.
      .catch((error: unknown) => deps.log.error({ deliveryId: delivery.id, error }, 'webhook outcome not kept'))
      .finally(() => underWay.delete(ended))
    underWay.add(ended)
  }

  return {
    async round() {
      const freeCount = LIMITS.totalCount - underWay.size
      if (freeCount === 0) return 0
      const due = await deps.outbox.due({ ...LIMITS, totalCount: freeCount, leaseMs: LEASE_MS })
      for (const delivery of due) begin(delivery)
      return due.length
    },
    async idle(ms, signal) {
      const waits = new AbortController()
      const over = pause(ms, undefined, { signal: AbortSignal.any([signal, waits.signal]) }).catch(() => {})
      await Promise.race([over, ...underWay])
      waits.abort()
    },
    async settled() {
      while (underWay.size > 0) await Promise.all(underWay)
    },
  }
}
