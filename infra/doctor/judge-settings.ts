import { type Finding, problem, warning, well } from './finding.ts'

/** Durations in ms; as the processes would read them. */
export interface Timeouts {
  readonly keepAliveMs: number
  readonly apiGraceMs: number
  readonly workerGraceMs: number
  readonly nodeGraceMs: number
  readonly jobTimeoutMs: number
  readonly leaseMs: number
}

/** What load balancers close idle connections after, unless told otherwise. */
const LB_IDLE_MS = 60_000
/** RabbitMQ closes the channel of a delivery that is not settled for so long, unless told otherwise. */
const CONSUMER_TIMEOUT_MS = 1_800_000
const LEAST_FREE_RATIO = 0.1
const LEAST_FREE_BYTES = 1_000_000_000

/** Each must be shorter than the next, or the one waits for what the other has given up. Pure. */
export const judgeTimeouts = (timeouts: Timeouts): readonly Finding[] => {
  const { keepAliveMs, apiGraceMs, workerGraceMs, nodeGraceMs, jobTimeoutMs, leaseMs } = timeouts
  const order: readonly (readonly [string, number, string, number])[] = [
    ['the idle time of load balancers', LB_IDLE_MS, 'API_KEEP_ALIVE_MS', keepAliveMs],
    ['WORKER_JOB_TIMEOUT_MS', jobTimeoutMs, 'WORKER_LEASE_MS', leaseMs],
    ['WORKER_JOB_TIMEOUT_MS', jobTimeoutMs, 'WORKER_GRACE_MS', workerGraceMs],
    ['WORKER_GRACE_MS', workerGraceMs, 'NODE_GRACE_MS', nodeGraceMs],
    ['WORKER_LEASE_MS', leaseMs, 'the consumer timeout of the broker', CONSUMER_TIMEOUT_MS],
  ]
  const wrong = order.flatMap(([shortName, short, longName, long]) =>
    short < long
      ? []
      : [
          problem(
            'timeouts',
            `${shortName} (${short} ms) is not under ${longName} (${long} ms)`,
            `set ${longName} higher`,
          ),
        ],
  )
  const most = Math.ceil(Math.max(apiGraceMs, nodeGraceMs) / 1000)
  return wrong.length > 0
    ? wrong
    : [well('timeouts', `in order; give processes more than ${most} s between SIGTERM and SIGKILL`)]
}

/** Is there room for pictures? Pure. Bytes. */
export const judgeDisk = (freeBytes: number, totalBytes: number): Finding => {
  const detail = `${(freeBytes / 1e9).toFixed(1)} of ${(totalBytes / 1e9).toFixed(1)} GB free where pictures are stored`
  if (freeBytes < LEAST_FREE_BYTES) return problem('disk', detail, 'make room, or keep pictures for a shorter time')
  if (freeBytes < totalBytes * LEAST_FREE_RATIO) return warning('disk', detail, 'make room')
  return well('disk', detail)
}
