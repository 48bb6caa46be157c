import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import type { Erase } from '../erase-job.ts'
import { principalOf } from '../request-context.ts'
import { RECEIPT_HEADERS, ReceiptSchema, sendReceipt } from './erasures.ts'
import { answer, problems } from './responses.ts'

/** Erase everything about a person. */
export const addSubjects = (app: FastifyInstance, { erase }: { readonly erase: Pick<Erase, 'subject'> }): void => {
  app.delete<{ Params: { subject: string } }>('/v1/subjects/:subject', {
    config: { access: 'key' },
    schema: {
      operationId: 'erase-subject',
      tags: ['erasures'],
      summary: 'Erase everything about a person',
      description:
        'Erases every job that was submitted with this `subject` before now, also those that are running. What stays is the record that there were jobs. Nobody learns whether there were any: zero is a receipt too.',
      params: Type.Object({
        subject: Type.String({
          pattern: '^[\\x21-\\x7e]{1,128}$',
          description: 'your own reference to the person, as it came with the checks',
        }),
      }),
      response: {
        200: answer('Erased: the receipt', ReceiptSchema, { location: RECEIPT_HEADERS.location }),
        202: answer('Under way: the receipt so far', ReceiptSchema, RECEIPT_HEADERS),
        ...problems('INVALID_REQUEST'),
      },
    },
    handler: async (request, reply) =>
      sendReceipt(reply, await erase.subject(principalOf(request).tenant, request.params.subject), 200),
  })
}
