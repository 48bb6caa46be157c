import { RequestError } from '../../infra/http/request-error.ts'
import type { WebhookSender } from '../../infra/ports/webhook-sender.ts'

/**
 * Take no promise to call an address that will not be called.
 * @param pointer to the member that holds it
 * @throws RequestError WEBHOOK_URL_REFUSED with the class of the reason
 */
export const refuseUrl = (sender: Pick<WebhookSender, 'refusal'>, url: string, pointer: string): void => {
  const reason = sender.refusal(url)
  if (reason === undefined) return
  const detail = `this address is not called: ${reason}`
  throw new RequestError('WEBHOOK_URL_REFUSED', detail, { faults: [{ pointer, detail: reason }] })
}
