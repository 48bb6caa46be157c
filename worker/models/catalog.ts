import { readFile } from 'node:fs/promises'
import { FACE_CARDS } from './cards/face-cards.ts'
import { LIVENESS_CARDS } from './cards/liveness-cards.ts'
import { TEXT_CARDS } from './cards/text-cards.ts'
import { buildFaceLandmarks } from './export/face-landmarks.ts'
import { buildFaceRecognition } from './export/face-recognition.ts'
import { convertGraphModel } from './export/graph-model.ts'
import { buildSsdFaceDetector } from './export/ssd-face-detector.ts'
import { buildTinyFaceDetector } from './export/tiny-face-detector.ts'
import { readWeightsManifest, type Weights } from './export/weights.ts'
import type { ModelCard, ModelRole } from './manifest.ts'

/** Every model Muster ships, with the digest its file must have. */
export const CATALOG: readonly ModelCard[] = [...FACE_CARDS, ...LIVENESS_CARDS, ...TEXT_CARDS]

type Build = (source: string) => Promise<Uint8Array>

const net =
  (build: (weights: Weights) => Uint8Array): Build =>
  async (source) =>
    build(await readWeightsManifest(source))

const asItIs: Build = (source) => readFile(source)

/**
 * How each role's model file is made from the origin's file.
 * @throws ModelConversionError when the origin's weights are not those the converter knows
 */
export const BUILDS: { readonly [role in ModelRole]: Build } = {
  'face-detector': net(buildTinyFaceDetector),
  'face-detector-wide': net(buildSsdFaceDetector),
  'face-landmarks': net(buildFaceLandmarks),
  'face-embedding': net(buildFaceRecognition),
  'face-antispoof': (source) => convertGraphModel(source, { model: 'antispoof', input: 'image', output: 'score' }),
  'face-liveness': (source) => convertGraphModel(source, { model: 'livenessnet', input: 'image', output: 'scores' }),
  'text-detector': asItIs,
  'text-recogniser': asItIs,
  'text-direction': asItIs,
}

/** Where an asset lies in its model's origin package, by the asset's file name. */
export const ASSET_SOURCES: { readonly [file: string]: string } = { 'ppocr-v4-rec.txt': 'assets/ppocr_keys_v1.txt' }
