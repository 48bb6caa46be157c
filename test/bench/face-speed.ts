import type { DecodedPicture } from '../../infra/ports/picture-codec.ts'
import { CHIP_SIDE } from '../../worker/tasks/faces/alignment.ts'
import { findFaces } from '../../worker/tasks/faces/find-faces.ts'
import { LANDMARKS_SIDE } from '../../worker/tasks/faces/landmarks.ts'
import { liveSpecOf } from '../../worker/tasks/faces/live-signal.ts'
import { show, standardLook } from '../../worker/tasks/faces/look.ts'
import { warmNet } from '../../worker/tasks/faces/net.ts'
import type { RealFaces } from '../fixtures/faces/real-tasks.ts'
import { median } from './latency.ts'

/** How long one step took on one core. On a shared machine the least is nearer to the truth than the median. */
export interface FaceSpeed {
  readonly step: string
  readonly leastMs: number
  readonly medianMs: number
}

/** Runs before the clock counts: the optimiser needs some, lazily allocated memory one. */
const WARM_UP_COUNT = 10
const COUNT = 30

const time = async (step: string, work: () => unknown): Promise<FaceSpeed> => {
  const times: number[] = []
  for (let run = -WARM_UP_COUNT; run < COUNT; run += 1) {
    const startedAt = performance.now()
    await work()
    if (run >= 0) times.push(performance.now() - startedAt)
  }
  return { step, leastMs: Math.min(...times), medianMs: median(times) }
}

/**
 * The nets alone on one picture, then our own share, then whole tasks on decoded pictures.
 * @param pictures two with one face each
 */
export const measureFaceSpeed = async (
  faces: RealFaces,
  [source, target]: readonly [DecodedPicture, DecodedPicture],
): Promise<FaceSpeed[]> => {
  const [detector, landmarks, embedding] = [
    await faces.net('face-detector'),
    await faces.net('face-landmarks'),
    await faces.net('face-embedding'),
  ]
  const side = detector.model.threshold('side')
  const speeds = [
    await time('net: detector, one look', () => warmNet(detector, [side, side, 3], 1)),
    await time('net: landmarks, one reading', () => warmNet(landmarks, [LANDMARKS_SIDE, LANDMARKS_SIDE, 3], 1)),
    await time('net: embedding, one face', () => warmNet(embedding, [CHIP_SIDE, CHIP_SIDE, 3], 1)),
  ]
  for (const role of ['face-antispoof', 'face-liveness'] as const) {
    const net = await faces.net(role)
    const { dims } = liveSpecOf(net.model)
    speeds.push(await time(`net: ${role}, one face`, () => warmNet(net, dims, 1)))
  }
  const [faceMatch, liveness] = [await faces.faceMatch(), await faces.liveness()]
  const one = { detector: 1, landmarks: 1 }
  speeds.push(
    await time('picture to detector input', () => show(source, standardLook(side))),
    await time('faces of one picture', () => findFaces([source], { detector, landmarks }, one)),
    await time('face match, two pictures', () => faceMatch.run([{ pictures: { source, target }, options: {} }])),
    await time('liveness, one picture', () => liveness.run([{ pictures: { image: source }, options: {} }])),
  )
  await Promise.all([faceMatch.close(), liveness.close()])
  return speeds
}
