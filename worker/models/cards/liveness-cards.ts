import type { ModelCard } from '../manifest.ts'

const HUMAN = { package: '@vladmandic/human', version: '3.3.6', licence: 'MIT' } as const

/** Pixels as 0..1. */
const UNIT: Omit<ModelCard['input'], 'dims'> = {
  name: 'image',
  dtype: 'float32',
  layout: 'NHWC',
  colour: 'RGB',
  mean: [0, 0, 0],
  std: [255, 255, 255],
}

const OPERATING_POINT = 'the middle of the scale: no operating point is validated against real attacks'

const antispoof: ModelCard = {
  role: 'face-antispoof',
  name: 'antispoof',
  version: '1.0.0',
  file: 'antispoof.onnx',
  digest: 'sha256:f48d28551475a5d0ee9fa22bc956441dcf586119f96c6325dfa9b8bc6171832d',
  // the best of the crops 1, 1.3, 1.6 and 2.7 on simulated prints and screens
  input: { ...UNIT, crop: 2.7, dims: ['N', 128, 128, 3] },
  outputs: [{ name: 'score', dims: ['N', 1], dtype: 'float32', meaning: '0..1, higher = more likely a real face' }],
  thresholds: { live: { value: 0.5, source: OPERATING_POINT } },
  live: { output: 'score', index: 0, activation: 'none' },
  assurance: 'low',
  origin: {
    ...HUMAN,
    file: 'models/antispoof.json',
    weights: 'kaggle.com/anku420/fake-face-detection, trained on retouched faces; data terms not cleared',
  },
  limits: [
    'trained on retouched pictures, not on prints or screens: does not detect a presentation attack',
    'measured: AUC 0.69 on simulated prints and 0.75 on simulated screens; a real recapture of a phone outscored the live face',
  ],
}

const livenessNet: ModelCard = {
  role: 'face-liveness',
  name: 'livenessnet',
  version: '1.0.0',
  file: 'livenessnet.onnx',
  digest: 'sha256:5cb0ed22a615c9f4f6a97970be281ef05ca662095bfbbb3c55daee63549d33ca',
  // the best of the crops 1, 1.3, 1.6 and 2.7 on simulated prints and screens
  input: { ...UNIT, crop: 1, dims: ['N', 32, 32, 3] },
  outputs: [{ name: 'scores', dims: ['N', 2], dtype: 'float32', meaning: 'shares of live and spoof, together 1' }],
  thresholds: { live: { value: 0.5, source: OPERATING_POINT } },
  live: { output: 'scores', index: 0, activation: 'none' },
  assurance: 'low',
  origin: {
    ...HUMAN,
    file: 'models/liveness.json',
    weights: 'leokwu/livenessnet, a tutorial net of 32 x 32 pixels; data terms not cleared',
  },
  limits: [
    'does not detect a presentation attack: at 0.5 it passed 98 % of real faces and over 90 % of simulated attacks',
    'measured: AUC 0.79 on simulated prints and 0.72 on screens; a real recaptured print and phone scored 0.98 and 0.97, as live faces do',
  ],
}

/** The models of the liveness task. Weak signals, shipped so that the task runs and can be replaced. */
export const LIVENESS_CARDS: readonly ModelCard[] = [antispoof, livenessNet]
