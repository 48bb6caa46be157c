import type { Task, TaskAnswer } from '../executor.ts'
import { InferenceError } from '../runtimes/errors.ts'
import { answerOf } from './faces/answer.ts'
import type { Choice, Rules } from './faces/choose-face.ts'
import { examine } from './faces/examine.ts'
import type { FaceBatchSizes, FaceNets } from './faces/find-faces.ts'
import { LANDMARKS_SIDE } from './faces/landmarks.ts'
import { type LiveSpec, liveSpecOf } from './faces/live-signal.ts'
import { CPU_BATCH_SIZE, closeNets, type Net, refsOf, runNet, warmNet } from './faces/net.ts'
import { decide } from './faces/verdict.ts'

/** The nets of the task. The task owns their sessions and closes them. */
export interface LivenessNets extends FaceNets {
  /** one or more models whose card says how `live` is read, for example those of `face-antispoof` and `face-liveness` */
  readonly signals: readonly Net[]
}

/** How the task runs. */
export interface LivenessOptions {
  /** let the verdict be `pass`: the operator accepts what the models' assurance means. `review` is the best otherwise */
  readonly allowPass?: boolean
  /** most pictures each net is given at a time; 1 by default, which is fastest on a CPU */
  readonly batchSizes?: Partial<FaceBatchSizes & { readonly signals: number }>
}

/**
 * What makes a face fit for judging. Stricter than for comparing: a second person, however far behind, may be the one who
 * holds the picture of the first; only a face of a tenth of the area passes for background. With the eyes closer than 32
 * pixels the crop is smaller than the nets' input, and what they would judge is the enlargement.
 */
export const LIVENESS_RULES: Rules = { maxOtherFaceRatio: 0.1, minEyeDistancePx: 32, minSharpness: 0.25 }

type Chosen = Extract<Choice, { kind: 'face' }>

interface Subject {
  readonly choice: Chosen
  readonly picture: Parameters<LiveSpec['draw']>[0]
}

/**
 * Judge whether the one face of `image` is a living person before the camera. See `assurance` for how far to trust it.
 * @throws ModelManifestError when a card lacks what the task needs
 */
export const createLiveness = async (nets: LivenessNets, options: LivenessOptions = {}): Promise<Task> => {
  const all = [nets.detector, nets.landmarks, ...nets.signals]
  const batchSizes = {
    detector: CPU_BATCH_SIZE,
    landmarks: CPU_BATCH_SIZE,
    signals: CPU_BATCH_SIZE,
    ...options.batchSizes,
  }
  const specs = nets.signals.map((net) => ({ net, spec: liveSpecOf(net.model) }))
  const detectorSide = nets.detector.model.threshold('side')

  const judge = async (subjects: readonly Subject[]): Promise<TaskAnswer[]> => {
    const answers: Float32Array[][] = []
    for (const { net, spec } of specs) {
      const draws = subjects.map(
        ({ choice, picture }) =>
          () =>
            spec.draw(picture, choice.chosen.landmarks),
      )
      answers.push(await runNet(net, draws, spec.dims, batchSizes.signals, spec.output))
    }
    return subjects.map(({ choice }, index) => {
      const signals = specs.map(({ spec }, which) => {
        const signal = spec.read(answers[which]?.[index] ?? new Float32Array())
        // A broken device answers with numbers that are none: that is no decision about anybody.
        if (!Number.isFinite(signal.score)) throw new InferenceError(new RangeError('a score is not finite'))
        return { ...signal, assurance: spec.assurance }
      })
      return answerOf({ ...decide(signals, options.allowPass ?? false), face: choice.chosen.face })
    })
  }

  return {
    name: 'liveness',
    models: refsOf(all),
    async run(items) {
      const brought = items.map(({ pictures }) => ({ name: 'image', picture: pictures.image }))
      const choices = await examine(brought, { nets, rules: LIVENESS_RULES, batchSizes })
      const subjects = choices.flatMap((choice, index) => {
        const picture = brought[index]?.picture
        return choice.kind === 'face' && picture ? [{ choice, picture }] : []
      })
      const judged = (await judge(subjects)).values()
      return choices.map((choice) =>
        choice.kind === 'face' ? (judged.next().value as TaskAnswer) : { kind: 'error', error: choice.error },
      )
    },
    async warmUp() {
      await warmNet(nets.detector, [detectorSide, detectorSide, 3], batchSizes.detector)
      await warmNet(nets.landmarks, [LANDMARKS_SIDE, LANDMARKS_SIDE, 3], batchSizes.landmarks)
      for (const { net, spec } of specs) await warmNet(net, spec.dims, batchSizes.signals)
    },
    close: () => closeNets(all),
  }
}
