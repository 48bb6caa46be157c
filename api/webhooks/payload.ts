import { ENDPOINT_DISABLED, OPERATOR, WEBHOOK_TEST } from '../../infra/domain/webhook.ts'
import type { DueDelivery } from '../../infra/ports/webhook-outbox.ts'

/** The receiver's name of a delivery. */
export const messageIdOf = (deliveryId: string): string => `msg_${deliveryId}`

const dataOf = (delivery: DueDelivery, publicUrl: string | undefined) => {
  const { type, tenant, endpointId, jobId, task, aboutEndpoint, aboutReason, aboutTenant } = delivery
  const urlOf = (path: string) =>
    publicUrl === undefined ? {} : { url: `${publicUrl.replace(/\/+$/, '')}/v1/${path}` }
  if (type === WEBHOOK_TEST) return { endpoint: endpointId }
  if (type === ENDPOINT_DISABLED) {
    const whose = tenant === OPERATOR ? { tenant: aboutTenant } : {}
    return { endpoint: aboutEndpoint, reason: aboutReason, ...whose, ...urlOf(`webhooks/${aboutEndpoint}`) }
  }
  const status = type.slice(type.indexOf('.') + 1)
  return { id: jobId, task, status, ...urlOf(`jobs/${jobId}`) }
}

/**
 * What a receiver is told: that something happened, and where to ask. Nothing of a person, and no result: it stays behind
 * a key and a trail of who read it. The same bytes at every attempt.
 * @param publicUrl the address callers reach the api under; without it there is no `url`
 */
export const payloadOf = (delivery: DueDelivery, publicUrl: string | undefined): string =>
  JSON.stringify({
    type: delivery.type,
    timestamp: new Date(delivery.occurredAt).toISOString(),
    data: dataOf(delivery, publicUrl),
  })
