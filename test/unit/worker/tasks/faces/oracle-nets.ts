import type { DecodedPicture } from '../../../../../infra/ports/picture-codec.ts'
import type { ModelCard, ModelRole } from '../../../../../worker/models/manifest.ts'
import type { Session, Tensor } from '../../../../../worker/runtimes/runtime.ts'
import { type Point, turned } from '../../../../../worker/tasks/faces/geometry.ts'
import type { Net } from '../../../../../worker/tasks/faces/net.ts'
import {
  apply,
  fitSimilarity,
  rotationOf,
  type SimilarityTransform,
  scaleOf,
} from '../../../../../worker/tasks/faces/similarity-transform.ts'

/**
 * Nets that know the truth. Pictures are charts: red and green tell where a pixel lies, blue which picture it is. So a
 * net can read off any tile where it was cut from, and answer what a perfect net would answer. Wrong geometry anywhere
 * between picture and result makes the answers miss.
 */
export interface TrueFace {
  readonly centre: Point
  /** distance between the eyes */
  readonly eyes: number
  /** clockwise */
  readonly degrees: number
  /** the detector sees this face only when it is turned away from upright by at most so much */
  readonly seenWithin?: number
  /** the detector sees it once more, so far to the right, in eye distances */
  readonly echo?: number
  /** landmarks come out different each time */
  readonly unsteady?: boolean
}

export interface Scene {
  readonly picture: DecodedPicture
  readonly faces: readonly TrueFace[]
}

const SIDE = 500
const MARK = 8

/** A chart, and the faces that are to be in it. @param mark 0..20, different for pictures of one test */
export const aScene = (mark: number, faces: readonly TrueFace[], side = SIDE): Scene => {
  const data = new Uint8Array(side * side * 3)
  for (let at = 0; at < side * side; at += 1) {
    const grain = (at * 7919) % 13 < 6 ? 0 : 12
    data.set(
      [((at % side) * 240) / side + grain, (Math.floor(at / side) * 240) / side + grain, 90 + mark * MARK],
      at * 3,
    )
  }
  return { picture: { data, width: side, height: side }, faces }
}

/** Where a tile was cut from, and of which scene. Undefined when it shows next to nothing. */
const recognise = (tile: Uint8Array, side: number, scenes: readonly Scene[]) => {
  const from: Point[] = []
  const marks: number[] = []
  const to: Point[] = []
  for (let v = 2; v < side - 2; v += 3)
    for (let u = 2; u < side - 2; u += 3) {
      const at = (v * side + u) * 3
      const blue = tile[at + 2] ?? 0
      if (blue < 80) continue
      from.push({ x: u + 0.5, y: v + 0.5 })
      to.push({ x: ((tile[at] ?? 0) - 6) / 240, y: ((tile[at + 1] ?? 0) - 6) / 240 })
      marks.push(blue)
    }
  if (from.length < 20) return undefined
  const mark = Math.round(((marks.toSorted((a, b) => a - b)[Math.floor(marks.length / 2)] ?? 0) - 90) / MARK)
  const scene = scenes[mark]
  if (!scene) return undefined
  const { width } = scene.picture
  const toPicture = fitSimilarity(
    from,
    to.map(({ x, y }) => ({ x: x * width, y: y * width })),
  )
  return { scene, toPicture }
}

const backOf = ({ a, b, dx, dy }: SimilarityTransform): SimilarityTransform => {
  const square = a * a + b * b
  return { a: a / square, b: -b / square, dx: -(a * dx + b * dy) / square, dy: (b * dx - a * dy) / square }
}
const away = (degrees: number) => Math.abs((((degrees % 360) + 540) % 360) - 180)

/** 68 points of an average face with the eyes one apart and their middle at (0, 0). */
const MEAN: readonly Point[] = Array.from({ length: 68 }, (_, index) => {
  const angle = (index * Math.PI) / 16
  if (index < 17) return { x: -1.1 * Math.cos(angle), y: 1.6 * Math.sin(angle) }
  if (index < 27) return { x: -0.9 + (index - 17) * 0.2, y: -0.35 }
  if (index < 31) return { x: 0, y: 0.05 + (index - 27) * 0.18 }
  if (index < 36) return { x: (index - 33) * 0.12, y: 0.75 }
  const ring = index < 42 ? -0.5 : index < 48 ? 0.5 : undefined
  const turn = ((index - 36) * Math.PI) / 3
  if (ring !== undefined) return { x: ring + 0.18 * Math.cos(turn + Math.PI), y: 0.06 * Math.sin(turn + Math.PI) }
  const lips =
    index < 60 ? { first: 48, half: 6, width: 0.45, height: 0.17 } : { first: 60, half: 4, width: 0.38, height: 0.04 }
  const mouth = ((index - lips.first) * Math.PI) / lips.half + Math.PI
  return { x: lips.width * Math.cos(mouth), y: 1.14 + lips.height * Math.sin(mouth) }
})

/** Where the landmarks of a face truly lie, in its picture. */
export const truthOf = ({ centre, eyes, degrees }: TrueFace): Point[] =>
  MEAN.map(({ x, y }) => {
    const point = turned({ x: x * eyes, y: (y - 0.5) * eyes }, degrees)
    return { x: centre.x + point.x, y: centre.y + point.y }
  })

const logit = (share: number) => Math.log(share / (1 - share))

/** The detector's answer for one tile: a box for each face that is seen, 25 numbers a cell. */
const gridOf = (tile: Uint8Array, side: number, scenes: readonly Scene[]): Float32Array => {
  const cells = side / 32
  const grid = new Float32Array(cells * cells * 25).fill(-20)
  const seen = recognise(tile, side, scenes)
  if (!seen) return grid
  const toTile = backOf(seen.toPicture)
  for (const face of seen.scene.faces) {
    const { x, y } = apply(toTile, face.centre)
    const size = face.eyes * 3 * scaleOf(toTile)
    const angle = away(face.degrees + rotationOf(toTile))
    if (size < 36 || angle > (face.seenWithin ?? 40) || Math.min(x, y) < 0 || Math.max(x, y) >= side) continue
    const boxes = [x, ...(face.echo === undefined ? [] : [x + (face.echo * size) / 3])]
    for (const [order, at] of boxes.entries()) {
      const [column, row] = [Math.floor(at / 32), Math.floor(y / 32)]
      const [width, height] = order === 0 ? [1.603231, 2.094468] : [6.041143, 7.080126]
      const sides = [Math.log(size / 32 / width), Math.log(size / 32 / height)]
      const offsets = [logit(at / 32 - column || 0.01), logit(y / 32 - row || 0.01)]
      grid.set([...offsets, ...sides, 2 - order], (row * cells + column) * 25 + order * 5)
    }
  }
  return grid
}

let restless = 0

/** The landmark net's answer for one tile: the points of the face nearest to its middle. */
const pointsOf = (tile: Uint8Array, side: number, scenes: readonly Scene[]): Float32Array => {
  const points = new Float32Array(136).fill(0.5)
  const seen = recognise(tile, side, scenes)
  if (!seen) return points
  const toTile = backOf(seen.toPicture)
  const middle = apply(seen.toPicture, { x: side / 2, y: side / 2 })
  const gapTo = ({ centre }: TrueFace) => Math.hypot(centre.x - middle.x, centre.y - middle.y)
  const [face] = seen.scene.faces.toSorted((a, b) => gapTo(a) - gapTo(b))
  if (!face) return points
  restless += 1
  // What is far from upright confuses the net, as it does the real one.
  const confused = face.unsteady || away(face.degrees + rotationOf(toTile)) > 60
  for (const [index, point] of truthOf(face).entries()) {
    const { x, y } = apply(toTile, point)
    const noise = confused ? ((index * 31 + restless * 17) % 23) - 11 : 0
    points.set([(x + noise) / side, (y - noise) / side], index * 2)
  }
  return points
}

/** The embedding: which picture and where in it. So the same place of the same picture is the same person. */
const embeddingOf = (tile: Uint8Array): Float32Array => {
  const embedding = new Float32Array(128)
  for (let at = 0; at < tile.length; at += 3)
    for (let channel = 0; channel < 3; channel += 1)
      embedding[channel] = (embedding[channel] ?? 0) + (tile[at + channel] ?? 0) / tile.length
  return embedding
}

const THRESHOLDS: { readonly [name: string]: number } = {
  side: 416,
  score: 0.4,
  iou: 0.4,
  match: 0.5,
  midpoint: 0.55,
  slope: 14,
  live: 0.5,
}

/** A net around a function of one tile; keeps what it was asked. */
export const scriptedNet = (
  role: ModelRole,
  answer: (tile: Uint8Array | Float32Array, side: number) => Float32Array,
  overrides: Partial<ModelCard> = {},
): Net & { readonly asked: number[]; readonly isClosed: () => boolean } => {
  const asked: number[] = []
  let closed = false
  const session: Session = {
    inputs: ['image'],
    outputs: ['answer'],
    async run({ image }) {
      const { dims, data } = image as Tensor
      const [count = 0, side = 0] = dims
      const length = data.length / count
      asked.push(count)
      const answers = Array.from({ length: count }, (_, index) =>
        answer((data as Uint8Array).subarray(index * length, (index + 1) * length), side),
      )
      const all = Float32Array.from(answers.flatMap((one) => [...one]))
      return { answer: { dims: [count, all.length / count], data: all } }
    },
    async close() {
      closed = true
    },
  }
  const card = {
    role,
    name: role,
    file: `${role}.onnx`,
    input: { dtype: 'uint8' },
    thresholds: {},
    ...overrides,
  } as ModelCard
  const model = {
    ref: { name: role, version: '1.0.0', digest: `sha256:${role}` },
    path: '',
    card,
    threshold: (name: string) => card.thresholds[name]?.value ?? THRESHOLDS[name] ?? Number.NaN,
    asset: () => '',
  }
  return { session, model, asked, isClosed: () => closed }
}

/** The three nets of face matching, who know these scenes. */
export const oracleNets = (scenes: readonly Scene[]) => ({
  detector: scriptedNet('face-detector', (tile, side) => gridOf(tile as Uint8Array, side, scenes)),
  landmarks: scriptedNet('face-landmarks', (tile, side) => pointsOf(tile as Uint8Array, side, scenes)),
  embedding: scriptedNet('face-embedding', (tile) => embeddingOf(tile as Uint8Array)),
})
