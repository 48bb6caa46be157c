import { readFile } from 'node:fs/promises'
import type { TaskName } from '../../infra/domain/task.ts'
import type { Thresholds } from '../../infra/domain/thresholds.ts'
import type { Task } from '../executor.ts'
import type { ModelRole } from '../models/manifest.ts'
import { loadModel, openModels } from '../models/registry.ts'
import { createOnnxRuntime } from '../runtimes/onnx.ts'
import type { Device } from '../runtimes/runtime.ts'
import { createFaceMatch, FACE_MATCH_RULES } from '../tasks/face-match.ts'
import type { Net } from '../tasks/faces/net.ts'
import { createLiveness, LIVENESS_RULES } from '../tasks/liveness.ts'
import { createOcr } from '../tasks/ocr.ts'
import { thresholdsOf, withCandidate } from './candidate-models.ts'
import type { LoadedTask, ModelSettings } from './task-module.ts'

type Load = (netOf: (role: ModelRole) => Promise<Net>, settings: ModelSettings, device: Device) => Promise<Task>

const batchSizesOn = (device: Device) => (device === 'cpu' ? {} : { batchSizes: GPU_BATCH_SIZES })

/**
 * Pictures a net is given at a time on a GPU, where one picture leaves most of it idle. Not measured yet: no GPU was at
 * hand. On a CPU one at a time is fastest, which is the tasks' own default.
 */
const GPU_BATCH_SIZES = { detector: 16, landmarks: 48, embedding: 16, signals: 16 } as const

interface Recipe {
  readonly roles: readonly ModelRole[]
  /** what takes part in its decisions beside the models' own thresholds */
  readonly rules?: (settings: ModelSettings) => Thresholds
  readonly load: Load
}

/** What each task is made of. */
const RECIPES: Readonly<Record<TaskName, Recipe>> = {
  'face-match': {
    roles: ['face-detector', 'face-landmarks', 'face-embedding'],
    rules: () => ({ rules: { ...FACE_MATCH_RULES } }),
    load: async (netOf, _settings, device) =>
      createFaceMatch(
        {
          detector: await netOf('face-detector'),
          landmarks: await netOf('face-landmarks'),
          embedding: await netOf('face-embedding'),
        },
        batchSizesOn(device),
      ),
  },
  liveness: {
    roles: ['face-detector', 'face-landmarks', 'face-antispoof', 'face-liveness'],
    rules: ({ allowLivenessPass = false }) => ({ rules: { ...LIVENESS_RULES, allowPass: allowLivenessPass } }),
    load: async (netOf, { allowLivenessPass = false }, device) =>
      createLiveness(
        {
          detector: await netOf('face-detector'),
          landmarks: await netOf('face-landmarks'),
          signals: [await netOf('face-antispoof'), await netOf('face-liveness')],
        },
        { allowPass: allowLivenessPass, ...batchSizesOn(device) },
      ),
  },
  ocr: {
    roles: ['text-detector', 'text-recogniser'],
    async load(netOf) {
      const [detector, recogniser] = [await netOf('text-detector'), await netOf('text-recogniser')]
      const dictionary = (await readFile(recogniser.model.asset('dictionary'), 'utf8')).split('\n')
      return createOcr({
        detector: detector.session,
        recogniser: recogniser.session,
        dictionary,
        models: [detector.model.ref, recogniser.model.ref],
      })
    },
  },
}

/**
 * Load a task on its real models: verified files, on the first of the devices that runs them.
 * @throws ModelMissingError, ModelCorruptError, ModelManifestError when the models directory is not usable
 * @throws RuntimeUnavailableError when no device can run them
 */
export const loadTask = async (name: TaskName, settings: ModelSettings): Promise<LoadedTask> => {
  const { modelsDir: dir, devices, intraOpThreads: threads, replacements = {}, candidate } = settings
  const { roles, load, rules } = RECIPES[name]
  const models = await withCandidate(await openModels({ dir, roles, replacements }), candidate)
  const runtime = await createOnnxRuntime({ devices, threads })
  const netOf = async (role: ModelRole): Promise<Net> => {
    const model = models.get(role)
    return { model, session: await loadModel(runtime, model) }
  }
  const skipped = runtime.skipped.map(({ device, reason }) => ({ device, reason }))
  const thresholds = { ...thresholdsOf(models), ...rules?.(settings) }
  return { task: await load(netOf, settings, runtime.device), thresholds, device: runtime.device, skipped }
}
