import { WEBHOOK_TEST } from '../../infra/domain/webhook.ts'
import type { DueDelivery } from '../../infra/ports/webhook-outbox.ts'

/** The receiver's name of a delivery. */
export const messageIdOf = (deliveryId: string): string => `msg_${deliveryId}`

const dataOf = (delivery: DueDelivery, publicUrl: string | undefined) => {
  const { type, endpointId, jobId, task } = delivery
  if (type === WEBHOOK_TEST) return { endpoint: endpointId }
  const status = type.slice(type.indexOf('.') + 1)
  const url = publicUrl === undefined ? {} : { url: `${publicUrl.replace(/\/+$/, '')}/v1/jobs/${jobId}` }
  return { id: jobId, task, status, ...url }
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
