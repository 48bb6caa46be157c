import type { MachineLoad, NodeTold, NodeWorker } from '../../infra/domain/fleet-node.ts'
import type { GpuUse } from '../../infra/ports/machine.ts'
import { devicesOf } from './devices-of.ts'
import type { Supervisor } from './supervisor.ts'
import type { WorkerReport } from './worker-slot.ts'

/** What a row holds of a node that runs hundreds: the rest is a number. */
const MOST_WORKERS = 64
/** Of a task's models, as text. */
const MOST_MODELS_LENGTH = 400
const MOST_NAME_LENGTH = 200

/** What does not change while a supervisor runs. */
export interface NodeIdentity extends Pick<NodeTold, 'id' | 'name' | 'zone' | 'pools' | 'version'> {}

/** A machine's name as the fleet knows it: one line that a person can type. */
export const nodeName = (text: string): string => text.replace(/\p{Cc}/gu, ' ').slice(0, MOST_NAME_LENGTH)

/** A worker as its supervisor, or the gate of workers in containers, sees it. */
export interface ToldReport extends Omit<WorkerReport, 'consuming' | 'busy' | 'restarts'> {
  /** null = it has not said */
  readonly busy: number | null
  /** null = nobody counts them */
  readonly restarts: number | null
}

/** Who knows the workers. */
export interface Knows extends Pick<Supervisor, 'state' | 'quarantined'> {
  workers(): readonly ToldReport[]
}

const toWorker = (report: ToldReport): NodeWorker => {
  const { pool, index, phase, since, pid, busy, restarts, devices, models } = report
  const text = models?.slice(0, MOST_MODELS_LENGTH) ?? null
  return { ...{ pool, index, pid, state: phase, since, restarts, devices, models: text, inHand: busy } }
}

/** What a node says of itself at this moment. Pure. */
export const toldNode = (
  identity: NodeIdentity,
  supervisor: Knows,
  machine: { readonly gpus: readonly GpuUse[]; readonly load: MachineLoad | null },
): NodeTold => {
  const workers = supervisor.workers().map(toWorker)
  const used = workers.flatMap(({ devices }) => devices)
  return {
    ...identity,
    state: supervisor.state,
    workers: workers.slice(0, MOST_WORKERS),
    moreWorkers: Math.max(0, workers.length - MOST_WORKERS),
    devices: devicesOf(used, supervisor.quarantined(), machine.gpus),
    load: machine.load,
  }
}
