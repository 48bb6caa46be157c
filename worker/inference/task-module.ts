import type { TaskName } from '../../infra/domain/task.ts'
import type { Thresholds } from '../../infra/domain/thresholds.ts'
import type { Task } from '../executor.ts'
import type { OpenModels } from '../models/registry.ts'
import type { Device } from '../runtimes/runtime.ts'

/** What loading a task's models needs to know. Plain data: it crosses into the inference thread. */
export interface ModelSettings {
  /** folder that holds the manifest and the model files */
  readonly modelsDir: string
  /** tried in this order */
  readonly devices: readonly Device[]
  /** threads one inference may use; 1 is fastest as soon as several inference threads run */
  readonly intraOpThreads: number
  /** let liveness answer `pass`: the operator relies on the models' assurance. Off by default */
  readonly allowLivenessPass?: boolean
  /** the operator's own models in place of shipped ones */
  readonly replacements?: OpenModels['replacements']
  /** what is tried in place of one role's model */
  readonly candidate?: CandidateModel
  /** 0..19, how far the thread steps back for every other one of this machine; 0 unless told */
  readonly niceness?: number
}

/** A candidate as a thread loads it. */
export interface CandidateModel {
  readonly role: string
  /** a verified folder with a manifest; undefined = the model that is there anyway */
  readonly folder?: string
  /** in place of those on its card */
  readonly thresholds: { readonly [name: string]: number }
}

/** A task on loaded models, and where these run. */
export interface LoadedTask {
  readonly task: Task
  /** what it decides with beside its models; undefined = it tells none */
  readonly thresholds?: Thresholds
  /** the device that was got */
  readonly device: Device
  /** devices of the configured order that came before it and could not be used, with the reason in words */
  readonly skipped: readonly { readonly device: Device; readonly reason: string }[]
}

/**
 * What a module of tasks exports. The inference thread imports it by URL, so a benchmark can measure the queue with a
 * task that does nothing, and a test can run one that hangs.
 * @throws from `loadTask` when a model is missing, damaged or cannot run on any of the devices
 */
export interface TaskModule {
  loadTask(name: TaskName, settings: ModelSettings): Promise<LoadedTask>
}
