import type { Registry } from 'prom-client'
import type { FaultOn } from '../runtimes/device-fault.ts'

/** How often a worker says that it lives. */
export const HEARTBEAT_MS = 1_000

/** A worker's metrics as prom-client gives them for another process. */
export type WorkerMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** What a worker says of itself with every heartbeat. */
export interface WorkerStatus {
  /** messages of both lanes are being delivered to it */
  readonly consuming: boolean
  /** jobs in hand */
  readonly busy: number
}

/** The id of metrics that nobody asked for: the last ones of a worker that stops. */
export const UNASKED = 0

/** From a worker to its node supervisor. */
export type ToNode =
  /** `devices`: what its models run on, `models`: `name@version,...`; undefined = it did not say */
  | { readonly type: 'ready'; readonly devices?: readonly string[]; readonly models?: string }
  | { readonly type: 'device-fault'; readonly fault: FaultOn }
  | ({ readonly type: 'heartbeat' } & WorkerStatus)
  | { readonly type: 'metrics'; readonly id: number; readonly metrics: WorkerMetrics }

/**
 * From the node supervisor to a worker that has spoken once; one that still starts is told to stop by SIGTERM. `drain`
 * is a message, so that a worker which got a signal of its own is not told twice: twice means to exit at once.
 */
export type ToWorker = { readonly type: 'metrics?'; readonly id: number } | { readonly type: 'drain' }
