import type { WorkerConfig } from './config.ts'
import type { Device } from './runtimes/runtime.ts'

/** What loading models needs of the environment. @param modelsDir where they lie */
export const modelSettings = (
  { LIVENESS_MODEL_PATH: path, LIVENESS_MODEL_SHA256: sha256, ...rest }: WorkerConfig,
  modelsDir: string,
) => ({
  modelsDir,
  devices: rest.WORKER_DEVICES.split(',') as Device[],
  intraOpThreads: rest.WORKER_INTRA_OP_THREADS,
  allowLivenessPass: rest.WORKER_ALLOW_LIVENESS_PASS,
  ...(path && sha256 ? { replacements: { 'face-liveness': { path, sha256 } } } : {}),
  ...(rest.WORKER_TASK_MODULE ? { taskModule: rest.WORKER_TASK_MODULE } : {}),
})
