import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import type { DecodedPicture } from '../../infra/ports/picture-codec.ts'
import { FACE_MATCH_RULES } from '../../worker/tasks/face-match.ts'
import { CHIP_SIDE } from '../../worker/tasks/faces/alignment.ts'
import { distanceOf, similarityOf } from '../../worker/tasks/faces/embedding.ts'
import { examine } from '../../worker/tasks/faces/examine.ts'
import { findFaces } from '../../worker/tasks/faces/find-faces.ts'
import { runNet } from '../../worker/tasks/faces/net.ts'
import { openRealFaces } from '../fixtures/faces/real-tasks.ts'
import { decoded, loadPicture, readTruth, type Truth } from '../fixtures/pictures.ts'
import { preparedModels } from '../fixtures/prepared-models.ts'
import { type FaceSpeed, measureFaceSpeed } from './face-speed.ts'
import { FACE_VARIANTS, type FaceVariant } from './face-variants.ts'
import { median } from './latency.ts'

interface Matched {
  readonly count: number
  readonly matched: number
}

/** One row: pictures as they are against pictures of one variant. Rates are of the pairs that were compared. */
export interface FaceAccuracyRow {
  readonly variant: string
  readonly same: Matched & { readonly medianDistance?: number; readonly medianSimilarity?: number }
  readonly different: Matched & { readonly leastDistance?: number }
  /** pictures of the variant that were not compared, by outcome code */
  readonly refused: { readonly [code: string]: number }
}

/** How well face matching decides on the labelled pictures and their variants, and how long it takes. */
export interface FaceAccuracy {
  /** the distance at which the similarity is the threshold */
  readonly thresholdDistance: number
  readonly rows: readonly FaceAccuracyRow[]
  readonly speed: readonly FaceSpeed[]
  /** what the figures cannot tell */
  readonly limits: readonly string[]
}

interface Portrait {
  readonly person: string
  readonly picture: DecodedPicture
}

const LIMITS = [
  'few pictures: two people, four photographs; a rate of 100 % of six pairs is compatible with 60 %',
  'the strangers are people of group photographs who are not the two: all told apart by eye, not by documents',
  'celebrities, whom the embedding has probably seen in training; nothing is known here of selfies against identity cards, children or groups of people',
]

/** Pictures that are linked by "same person" are of one person, named by its first picture. */
const peopleOf = ({ facePairs }: Truth): ReadonlyMap<string, string> => {
  const people = new Map<string, string>()
  for (const [a, b, same] of facePairs) {
    people.set(a, people.get(a) ?? a)
    people.set(b, same ? (people.get(a) ?? a) : (people.get(b) ?? b))
  }
  return people
}

/** Group photographs that face-api brings as examples: strangers to the labelled people. */
const strangerFiles = (): string[] => {
  const folder = join(dirname(createRequire(import.meta.url).resolve('@vladmandic/face-api/package.json')), 'demo')
  return [1, 2, 3, 4, 5, 6].map((number) => join(folder, `sample${number}.jpg`)).filter((file) => existsSync(file))
}

/** What every row needs: the nets, and the embeddings of the pictures as they are. */
const open = async () => {
  const faces = await openRealFaces(await preparedModels())
  const finders = { detector: await faces.net('face-detector'), landmarks: await faces.net('face-landmarks') }
  const embedding = await faces.net('face-embedding')
  const batchSizes = { detector: 1, landmarks: 1 }
  const embed = (chips: readonly Uint8Array[]) =>
    runNet(
      embedding,
      chips.map((chip) => () => chip),
      [CHIP_SIDE, CHIP_SIDE, 3],
      1,
    )
  const people = peopleOf(readTruth())
  const portraits: Portrait[] = []
  for (const [name, person] of people) portraits.push({ person, picture: await loadPicture(name) })
  const groups = await Promise.all(strangerFiles().map((file) => decoded(sharp(file).rotate())))
  const strangers = await findFaces(groups, finders, batchSizes)
  const examined = (pictures: readonly DecodedPicture[]) =>
    examine(
      pictures.map((picture) => ({ name: 'target', picture })),
      { nets: finders, rules: FACE_MATCH_RULES, batchSizes },
    )
  return {
    faces,
    portraits,
    embed,
    examined,
    strangers: await embed(strangers.flatMap(({ sure }) => sure.map(({ chip }) => chip))),
  }
}

type Bench = Awaited<ReturnType<typeof open>>

interface Known {
  readonly person: string
  readonly embedding: Float32Array
  readonly eyes: number
}

const known = async ({ portraits, embed, examined }: Bench): Promise<readonly (Known | undefined)[]> => {
  const choices = await examined(portraits.map(({ picture }) => picture))
  return Promise.all(
    choices.map(async (choice, index) => {
      if (choice.kind !== 'face') return undefined
      const [embedding] = await embed([choice.chosen.chip])
      const { eyeDistancePx } = choice.chosen.face.quality
      return embedding && { person: portraits[index]?.person ?? '', embedding, eyes: eyeDistancePx }
    }),
  )
}

const measureVariant = async (
  bench: Bench,
  originals: readonly (Known | undefined)[],
  { name, make }: FaceVariant,
  scale: { readonly midpoint: number; readonly slope: number },
): Promise<FaceAccuracyRow> => {
  const [same, different]: [number[], number[]] = [[], []]
  const refused: Record<string, number> = {}
  for (const [index, { picture, person }] of bench.portraits.entries()) {
    const eyes = originals[index]?.eyes ?? 60
    const [choice] = await bench.examined([await make(picture, eyes)])
    if (choice?.kind !== 'face') {
      const code = choice?.error.code ?? 'none'
      refused[code] = (refused[code] ?? 0) + 1
      continue
    }
    const [embedding = new Float32Array()] = await bench.embed([choice.chosen.chip])
    for (const [at, other] of originals.entries()) {
      // A picture against its own variant says nothing about two photographs of a person.
      if (!other || at === index) continue
      const distances = other.person === person ? same : different
      distances.push(distanceOf(embedding, other.embedding))
    }
    different.push(...bench.strangers.map((stranger) => distanceOf(embedding, stranger)))
  }
  const matched = (distances: readonly number[]): Matched => ({
    count: distances.length,
    matched: distances.filter((distance) => distance <= scale.midpoint).length,
  })
  const medianDistance = median(same)
  return {
    variant: name,
    same: {
      ...matched(same),
      ...(same.length > 0 && { medianDistance, medianSimilarity: similarityOf(medianDistance, scale) }),
    },
    different: { ...matched(different), ...(different.length > 0 && { leastDistance: Math.min(...different) }) },
    refused,
  }
}

/**
 * Every labelled picture, as it is and in every variant, against every other one and against strangers; and how long the
 * nets, our own code and whole tasks take on one core. Takes about a minute.
 */
export const measureFaceAccuracy = async (): Promise<FaceAccuracy> => {
  const bench = await open()
  const model = bench.faces.models.get('face-embedding')
  const scale = { midpoint: model.threshold('midpoint'), slope: model.threshold('slope') }
  const match = model.threshold('match')
  const thresholdDistance = scale.midpoint + Math.log(1 / match - 1) / scale.slope
  const originals = await known(bench)
  const rows: FaceAccuracyRow[] = []
  for (const variant of FACE_VARIANTS)
    rows.push(await measureVariant(bench, originals, variant, { ...scale, midpoint: thresholdDistance }))
  const [first, second] = bench.portraits
  const speed = first && second ? await measureFaceSpeed(bench.faces, [first.picture, second.picture]) : []
  return { thresholdDistance, rows, speed, limits: LIMITS }
}

export { formatFaceAccuracy } from './format-faces.ts'
