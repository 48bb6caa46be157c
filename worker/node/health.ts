/** What a node knows of one worker's signs of life, in ms of this node's own running time. */
export interface Vitals {
  readonly ready: boolean
  /** since the process was started */
  readonly ageMs: number
  /** since its last heartbeat */
  readonly silentMs: number
}

/** How patient a node is with a worker. */
export interface HealthLimits {
  readonly startTimeoutMs: number
  readonly heartbeatTimeoutMs: number
}

/** Why a worker is replaced though its process runs. */
export type Ailment = 'start-timeout' | 'heartbeat-timeout'

/** What a worker suffers from; undefined = it is fine. One that starts may be silent: it has until the start timeout. */
export const ailmentOf = ({ ready, ageMs, silentMs }: Vitals, limits: HealthLimits): Ailment | undefined => {
  if (!ready) return ageMs > limits.startTimeoutMs ? 'start-timeout' : undefined
  return silentMs > limits.heartbeatTimeoutMs ? 'heartbeat-timeout' : undefined
}

/**
 * How much of the time between two checks counts against the workers. A check that comes late was held up by this
 * process itself (stopped, swapped out, asleep): heartbeats of that time lie unread, so at most two intervals count.
 */
export const countedMs = (sinceLastCheckMs: number, intervalMs: number): number =>
  Math.min(sinceLastCheckMs, 2 * intervalMs)
