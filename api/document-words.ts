import type { DocumentWords } from '../infra/http/openapi.ts'
import { WEBHOOK_CALLBACKS } from './webhooks/openapi.ts'

const DESCRIPTION = [
  'Checks of identity by picture: face match, face liveness, and reading of identity documents.',
  'A check is a job. A request waits for its result as long as it prefers, and gets 202 and the job where that is not long enough. A decision against a person (`match: false`, `live: false`) is a result, not an error.',
  'Errors are RFC 9457 problems with a stable `code`. Every answer carries `x-request-id` and `server-timing`.',
].join('\n\n')

const TAGS = [
  { name: 'checks', description: 'Ask for a check' },
  { name: 'jobs', description: 'Look at checks, cancel them, erase them' },
  { name: 'uploads', description: 'Send pictures before the check that uses them' },
  { name: 'models', description: 'What decides' },
  { name: 'webhooks', description: 'Be called when checks are over' },
  { name: 'keys', description: 'Who may do what' },
  { name: 'tenant', description: 'What holds for all your keys' },
  { name: 'health', description: 'For load balancers and orchestrators' },
]

/** What the api's document says of it as a whole. */
export const documentWords = (version: string, publicUrl: string | undefined): DocumentWords => ({
  title: 'Muster',
  description: DESCRIPTION,
  tags: TAGS,
  webhooks: WEBHOOK_CALLBACKS,
  version,
  publicUrl,
})
