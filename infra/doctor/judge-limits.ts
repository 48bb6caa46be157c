import type { BrokerLimits } from '../ports/doctor.ts'
import { type Finding, problem, warning, well } from './finding.ts'

/** What RabbitMQ sets unless told otherwise: a burst of messages and its own log fill that in seconds. */
const LEAST_DISK_LIMIT_BYTES = 200_000_000
/** Below twice the limit the next compaction of a quorum queue's log may reach it. */
const DISK_MARGIN = 2
const MEMORY_WARN_RATIO = 0.8
/** Quorum queues keep their log in memory before it is written. */
const LEAST_MEMORY_BYTES = 256_000_000

const inWords = (bytes: number): string =>
  bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.round(bytes / 1e6)} MB`

/** It asks the system's `df`, and hands it the path as it is. */
const BLIND_FIX = 'keep its data on a path without spaces, and see its log for `disk_free`'

const judgeDisk = ({ diskLimitBytes: limit, diskFreeBytes: free, diskAlarm }: BrokerLimits): Finding => {
  const check = 'broker-disk'
  if (free === undefined)
    return warning(check, 'the broker cannot tell how much is free, and will not stop in time', BLIND_FIX)
  const detail = `${inWords(free)} free, publishers are stopped below ${inWords(limit)}`
  if (diskAlarm) return problem(check, `${detail}: they are stopped now`, 'make room on the broker’s disk')
  if (limit < LEAST_DISK_LIMIT_BYTES)
    return warning(check, `${detail}: too late`, 'set `disk_free_limit.absolute` in rabbitmq.conf, to about its memory')
  return free < DISK_MARGIN * limit ? warning(check, detail, 'make room on the broker’s disk') : well(check, detail)
}

const judgeMemory = ({ memoryLimitBytes: limit, memoryUsedBytes: used, memoryAlarm }: BrokerLimits): Finding => {
  const check = 'broker-memory'
  const detail = `${inWords(used)} used, publishers are stopped above ${inWords(limit)}`
  const fix = 'set `vm_memory_high_watermark` in rabbitmq.conf to 0.4 to 0.6 of what the broker may use'
  if (memoryAlarm) return problem(check, `${detail}: they are stopped now`, fix)
  return limit < LEAST_MEMORY_BYTES || used > MEMORY_WARN_RATIO * limit
    ? warning(check, detail, fix)
    : well(check, detail)
}

/** Is the broker stopped, or will it be soon? Pure. @source RabbitMQ, "Memory and disk alarms" */
export const judgeLimits = (limits: BrokerLimits): readonly Finding[] => [judgeDisk(limits), judgeMemory(limits)]
