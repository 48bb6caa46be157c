import type { Task, TaskAnswer } from '../executor.ts'
import { InferenceError } from '../runtimes/errors.ts'
import { CHIP_SIDE } from './faces/alignment.ts'
import { answerOf } from './faces/answer.ts'
import type { Choice, Rules } from './faces/choose-face.ts'
import { distanceOf, similarityOf } from './faces/embedding.ts'
import { examine } from './faces/examine.ts'
import type { FaceBatchSizes, FaceNets } from './faces/find-faces.ts'
import { LANDMARKS_SIDE } from './faces/landmarks.ts'
import { CPU_BATCH_SIZE, closeNets, type Net, refsOf, runNet, warmNet } from './faces/net.ts'

/** The nets of the task, by the role each has in the manifest. The task owns their sessions and closes them. */
export interface FaceMatchNets extends FaceNets {
  readonly embedding: Net
}

/** How the task runs. */
export interface FaceMatchOptions {
  /** most pictures each net is given at a time; 1 by default, which is fastest on a CPU */
  readonly batchSizes?: Partial<FaceBatchSizes & { readonly embedding: number }>
}

/**
 * What makes a face fit for comparing. A second face is tolerated up to half the area of the largest: an identity card
 * carries a smaller ghost portrait, and passers-by are small. With the eyes 20 pixels apart a face is 0.15 (at most 0.23)
 * from its own full-size picture; with 10 it is 0.33, of the 0.55 that tell two people apart. Sharpness 0.25 is a blur by a
 * fourteenth of the eye distance: the embedding has moved by 0.4, and the detector begins to miss the face.
 */
export const FACE_MATCH_RULES: Rules = { maxOtherFaceRatio: 0.5, minEyeDistancePx: 20, minSharpness: 0.25 }

const CHIP_DIMS = [CHIP_SIDE, CHIP_SIDE, 3] as const

type Chosen = Extract<Choice, { kind: 'face' }>

interface Pair {
  readonly source: Chosen
  readonly target: Chosen
}

/** Both faces of an item, or the first refusal. */
const pairOf = (source: Choice | undefined, target: Choice | undefined): Pair | TaskAnswer => {
  if (source?.kind === 'face' && target?.kind === 'face') return { source, target }
  const refused = [source, target].find((choice) => choice?.kind === 'refused')
  if (refused?.kind === 'refused') return { kind: 'error', error: refused.error }
  throw new InferenceError(new TypeError('an item has no choice for its pictures'))
}

/**
 * Compare the largest face of `source` with that of `target`.
 * @throws ModelManifestError when a card lacks a threshold the task needs
 */
export const createFaceMatch = async (nets: FaceMatchNets, options: FaceMatchOptions = {}): Promise<Task> => {
  const all = [nets.detector, nets.landmarks, nets.embedding]
  const batchSizes = {
    detector: CPU_BATCH_SIZE,
    landmarks: CPU_BATCH_SIZE,
    embedding: CPU_BATCH_SIZE,
    ...options.batchSizes,
  }
  const { model } = nets.embedding
  const scale = { midpoint: model.threshold('midpoint'), slope: model.threshold('slope') }
  const threshold = model.threshold('match')
  const detectorSide = nets.detector.model.threshold('side')

  const compare = async (pairs: readonly Pair[]): Promise<TaskAnswer[]> => {
    const draws = pairs.flatMap(({ source, target }) => [() => source.chosen.chip, () => target.chosen.chip])
    const embeddings = await runNet(nets.embedding, draws, CHIP_DIMS, batchSizes.embedding)
    return pairs.map(({ source, target }, index) => {
      const [one, other] = [embeddings[index * 2], embeddings[index * 2 + 1]]
      const similarity = one && other ? similarityOf(distanceOf(one, other), scale) : Number.NaN
      // A broken device answers with numbers that are none: that is no decision about anybody.
      if (!Number.isFinite(similarity)) throw new InferenceError(new RangeError('an embedding is not finite'))
      const faces = { source: source.faces, target: target.faces }
      return answerOf({ similarity, match: similarity >= threshold, threshold, faces })
    })
  }

  return {
    name: 'face-match',
    models: refsOf(all),
    async run(items) {
      const brought = items.flatMap(({ pictures }) =>
        (['source', 'target'] as const).map((name) => ({ name, picture: pictures[name] })),
      )
      const choices = await examine(brought, { nets, rules: FACE_MATCH_RULES, batchSizes })
      const pairs = items.map((_, index) => pairOf(choices[index * 2], choices[index * 2 + 1]))
      const compared = (await compare(pairs.filter((pair) => 'source' in pair))).values()
      return pairs.map((pair) => ('source' in pair ? (compared.next().value as TaskAnswer) : pair))
    },
    async warmUp() {
      await warmNet(nets.detector, [detectorSide, detectorSide, 3], batchSizes.detector)
      await warmNet(nets.landmarks, [LANDMARKS_SIDE, LANDMARKS_SIDE, 3], batchSizes.landmarks)
      await warmNet(nets.embedding, CHIP_DIMS, batchSizes.embedding)
    },
    close: () => closeNets(all),
  }
}
