import type { Verdict } from './bottleneck.ts'
import type { Cause } from './bottleneck-cause.ts'
import type { Hop } from './hop.ts'

/** A verdict as people read it. */
export interface VerdictWords {
  /** one sentence: what is so, and by what */
  readonly because: string
  /** one sentence; '' = nothing */
  readonly todo: string
}

const DOES: Readonly<Record<Hop, string>> = {
  admit: 'reading a request',
  store: 'storing its pictures',
  insert: 'writing the job down',
  publish: 'handing the message to the broker',
  queue: 'waiting for a worker',
  claim: 'claiming a job',
  fetch: 'fetching its pictures from storage',
  decode: 'decoding its pictures',
  'batch-wait': 'waiting for a batch',
  infer: 'the model',
  write: 'writing the outcome',
  reply: 'the way back of the answer',
}

const WHAT_TO_DO: Readonly<Record<Cause, string>> = {
  'slow-callers':
    'Bodies arrive slowly or Redis answers slowly: look at the load balancer and at Redis (`./muster status`), and let callers send smaller pictures or uploads.',
  'busy-api':
    'All that the api waits for is slow at once, and workers reach the same servers as usual: it is short of processor time. Start more api processes, or give them cores; more workers do not help.',
  'slow-storage': 'Look at the object storage and the network to it (`./muster doctor`); more workers do not help.',
  'slow-database': 'Look at PostgreSQL and the network to it (`./muster doctor`); more workers do not help.',
  'slow-broker':
    'Look at RabbitMQ and the network to it (`./muster status`, `./muster doctor`); more workers do not help.',
  'slow-decoding':
    'Workers are short of processor time, or pictures have become larger: give nodes more cores or fewer workers (docs/nodes.md).',
  'long-gathering': 'Batches gather longer than jobs come: lower WORKER_BATCH_DELAY_MS.',
  'slow-model':
    'The model takes longer than it used to: look for a new version (`./muster rollout`), a device that throttles or is shared; then `./muster capacity` measures anew.',
  'few-workers':
    'Workers do what they can: see `./muster why <pool>` for why there are not more, and `./muster override` to add nodes now.',
  'idle-workers':
    'Workers have room and get nothing: look at the queues and consumers of RabbitMQ and at Redis (`./muster doctor`); more workers do not help.',
  'no-workers': 'No worker takes jobs: see `./muster status` and `./muster why <pool>`.',
}

const ms = (value: number): string => (value >= 1_000 ? `${(value / 1_000).toFixed(1)} s` : `${Math.round(value)} ms`)
const percent = (ratio: number): string => `${Math.round(100 * ratio)} %`

const CAUSES_IN_WORDS: Partial<Readonly<Record<Cause, string>>> = {
  'few-workers': 'and the workers are busy with as much as usual: there are too few of them',
  'idle-workers': 'though the workers have room for more: messages do not reach them',
  'no-workers': 'and no worker takes them',
}

const becauseOf = (verdict: Extract<Verdict, { kind: 'bottleneck' }>): string => {
  const { hop, cause, evidence, queuedMs } = verdict
  const found = evidence.hops.find((one) => one.hop === hop)
  const waiting = evidence.waiting === undefined ? 'jobs' : `${evidence.waiting} jobs`
  if (!found) return `${waiting} wait ${CAUSES_IN_WORDS[cause] ?? ''}`.trim()
  const takes = `${DOES[hop]} takes ${ms(found.meanMs)}, usually ${ms(found.usualMs)}`
  if (hop === 'queue') return `${takes}, ${CAUSES_IN_WORDS[cause] ?? ''}`
  if (queuedMs > 0) return `${takes}; so workers are held up, and jobs wait ${ms(queuedMs)} longer for them`
  return takes
}

const objective = (verdict: Verdict): string => {
  const { p95Ms, overShare } = verdict.evidence
  if (p95Ms === undefined || overShare === undefined) return ''
  return ` (p95 ${ms(p95Ms)}, ${percent(overShare)} over 3 s)`
}

/** The sentences of a verdict. @param pool named in what is to be done */
export const verdictInWords = (verdict: Verdict, pool: string): VerdictWords => {
  if (verdict.kind !== 'bottleneck') {
    const within = `no hop is slower than usual${objective(verdict)}`
    const unknown = `too few jobs in these minutes to tell (${verdict.evidence.jobs})`
    return { because: verdict.kind === 'within' ? within : unknown, todo: '' }
  }
  return {
    because: `${becauseOf(verdict)}${objective(verdict)}`,
    todo: WHAT_TO_DO[verdict.cause].replaceAll('<pool>', pool),
  }
}

/** Its headline, for reports and alerts: one line. */
export const verdictLine = (verdict: Verdict, pool: string): string => {
  const { because, todo } = verdictInWords(verdict, pool)
  if (verdict.kind !== 'bottleneck') return `bottleneck: ${verdict.kind === 'within' ? 'none' : 'unknown'}: ${because}`
  return `bottleneck: ${verdict.hop} (${percent(verdict.share)} of the time over what is usual): ${because}. ${todo}`
}
