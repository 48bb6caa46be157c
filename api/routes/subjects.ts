import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { principalOf } from '../../infra/http/request-context.ts'
import { answer, problems } from '../../infra/http/responses.ts'
import type { AuditLog } from '../../infra/ports/audit-log.ts'
import type { Erase } from '../erase-job.ts'
import { subjectHash } from '../fingerprint.ts'
import { RECEIPT_HEADERS, ReceiptSchema, sendReceipt } from './erasures.ts'

/** The caller's reference in a path. */
export const SubjectParams = Type.Object({
  subject: Type.String({
    pattern: '^[\\x21-\\x7e]{1,128}$',
    description: 'your own reference to the person, as it came with the checks',
  }),
})

/** Erase everything about a person. */
export const addSubjects = (
  app: FastifyInstance,
  { erase, audit }: { readonly erase: Pick<Erase, 'subject'>; readonly audit: AuditLog },
): void => {
  app.delete<{ Params: { subject: string } }>('/v1/subjects/:subject', {
    config: { access: 'erasures:create' },
    schema: {
      operationId: 'erase-subject',
      tags: ['erasures'],
      summary: 'Erase everything about a person',
      description:
        'Erases every job that was submitted with this `subject` before now, also those that are running. What stays is the record that there were jobs. Nobody learns whether there were any: zero is a receipt too.',
      params: SubjectParams,
      response: {
        200: answer('Erased: the receipt', ReceiptSchema, { location: RECEIPT_HEADERS.location }),
        202: answer('Under way: the receipt so far', ReceiptSchema, RECEIPT_HEADERS),
        ...problems('INVALID_REQUEST', 'LEGAL_HOLD'),
      },
    },
    handler: async (request, reply) => {
      const { keyId: actor, tenant } = principalOf(request)
      const { subject } = request.params
      // The reference itself may be a name: the trail keeps what the rows keep.
      const event = { actor, channel: 'api', tenant, requestId: request.id } as const
      await audit.record({ ...event, action: 'sensitive_delete', target: `subject:${subjectHash(tenant, subject)}` })
      return sendReceipt(reply, await erase.subject(tenant, subject), 200)
    },
  })
}
