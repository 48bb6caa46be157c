import type { DocumentWords } from '../infra/http/openapi.ts'

const DESCRIPTION = [
  'Why there are so many nodes, and how to overrule that. For people who run the installation: keys are those of the tenant that runs it.',
  'Any autoscaler process answers, whether it leads or not, and while the fleet and Slack are away: all of it is in the database.',
  'A key that asks too much of a process, which no page of the console does, gets 429 `RATE_LIMITED` with `retry-after` from any call.',
  'Errors are RFC 9457 problems with a stable `code`. Every answer carries `x-request-id` and `server-timing`.',
].join('\n\n')

const TAGS = [
  { name: 'pools', description: 'How each pool stands, and why' },
  { name: 'overrides', description: 'Have the last word for a while' },
  { name: 'schedule', description: 'Say what is known beforehand' },
  { name: 'nodes', description: 'Machines, their workers and devices; keep one from work for a while' },
  { name: 'console', description: 'What the console shows: who asks, what changes, jobs, dead letters, cost' },
  { name: 'health', description: 'For load balancers and orchestrators' },
]

/** What the autoscaler's document says of it as a whole. */
export const documentWords = (version: string, publicUrl: string | undefined): DocumentWords => ({
  title: 'Muster autoscaler',
  description: DESCRIPTION,
  tags: TAGS,
  version,
  publicUrl,
})
