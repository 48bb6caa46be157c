import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { ModelManifestError } from '../../models/errors.ts'
import type { ModelCard } from '../../models/manifest.ts'
import type { Model } from '../../models/registry.ts'
import type { Point } from './geometry.ts'
import { faceFrame } from './outline.ts'
import { frameTransform } from './similarity-transform.ts'
import { warp } from './warp.ts'

/** What a liveness model says of one face. */
export interface Signal {
  /** the model's role, without `face-` */
  readonly name: string
  /** 0..1, higher = more likely live; the model's own threshold lies at 0.5 */
  readonly score: number
}

/** How a liveness model is fed and read, according to its card. Made for any model, also an operator's own. */
export interface LiveSpec {
  readonly name: string
  /** of one picture's input, without the batch axis */
  readonly dims: readonly number[]
  readonly output: string
  readonly assurance: 'low' | 'substantial'
  /** the input for one face. @param landmarks 68 points in pixels of the picture */
  draw(picture: DecodedPicture, landmarks: readonly Point[]): Uint8Array | Float32Array
  /** @param answer one picture's share of the output */
  read(answer: Float32Array): Signal
}

/** An RGB tile as a card's input wants it: order of colours and axes, mean and scale. */
const toInput = (tile: Uint8Array, side: number, input: ModelCard['input']): Uint8Array | Float32Array => {
  const pixels = side * side
  const data = input.dtype === 'uint8' ? new Uint8Array(tile.length) : new Float32Array(tile.length)
  for (let channel = 0; channel < 3; channel += 1) {
    const from = input.colour === 'RGB' ? channel : 2 - channel
    const [mean, std] = [input.mean[channel] ?? 0, input.std[channel] ?? 1]
    for (let pixel = 0; pixel < pixels; pixel += 1) {
      const to = input.layout === 'NHWC' ? pixel * 3 + channel : channel * pixels + pixel
      data[to] = ((tile[pixel * 3 + from] as number) - mean) / std
    }
  }
  return data
}

/** One number of the answer as a share 0..1. */
const shareOf = (answer: Float32Array, index: number, activation: 'none' | 'sigmoid' | 'softmax'): number => {
  const raw = answer[index] ?? Number.NaN
  if (activation === 'none') return raw
  if (activation === 'sigmoid') return 1 / (1 + Math.exp(-raw))
  return 1 / answer.reduce((sum, other) => sum + Math.exp(other - raw), 0)
}

/**
 * Stretch a score so that the threshold lies at 0.5: scores of different models can then be averaged and compared.
 * @param threshold between 0 and 1
 */
export const centred = (score: number, threshold: number): number =>
  score < threshold ? (0.5 * score) / threshold : 1 - (0.5 * (1 - score)) / (1 - threshold)

/**
 * Read a liveness model's card.
 * @throws ModelManifestError when it does not say how "live" is read, or its input is not a square of fixed size
 */
export const liveSpecOf = ({ card, threshold: thresholdOf }: Model): LiveSpec => {
  const { input, live } = card
  const dims = input.dims.slice(1)
  const square = dims.filter((dim) => dim !== 3)
  const [side] = square
  const fixed = dims.filter((dim) => typeof dim === 'number')
  const threshold = thresholdOf('live')
  if (!live) throw new ModelManifestError(card.file, ['the card does not say how `live` is read'])
  if (typeof side !== 'number' || fixed.length !== 3 || square.length !== 2 || square[1] !== side)
    throw new ModelManifestError(card.file, ['the input of a liveness model must be a square of fixed size'])
  if (!(threshold > 0 && threshold < 1))
    throw new ModelManifestError(card.file, ['the threshold `live` must lie between 0 and 1'])
  const name = card.role.replace(/^face-/, '')
  return {
    name,
    dims: fixed,
    output: live.output,
    assurance: card.assurance ?? 'low',
    draw: (picture, landmarks) =>
      toInput(warp(picture, frameTransform(faceFrame(landmarks, input.crop ?? 1), side), side), side, input),
    read: (answer) => {
      const share = shareOf(answer, live.index, live.activation)
      return { name, score: centred(Math.min(1, Math.max(0, share)), threshold) }
    },
  }
}
