import { describe, expect, it } from 'vitest'
import { findFaces } from '../../../../../worker/tasks/faces/find-faces.ts'
import { aScene, oracleNets, type Scene, scriptedNet, type TrueFace, truthOf } from './oracle-nets.ts'

const one = { detector: 1, landmarks: 1 }
const aFace = (overrides: Partial<TrueFace> = {}): TrueFace => ({
  centre: { x: 240, y: 260 },
  eyes: 60,
  degrees: 0,
  ...overrides,
})
const find = async (scenes: readonly Scene[], batchSizes = one) => {
  const nets = oracleNets(scenes)
  return {
    nets,
    findings: await findFaces(
      scenes.map(({ picture }) => picture),
      nets,
      batchSizes,
    ),
  }
}
const worst = (landmarks: readonly { x: number; y: number }[], face: TrueFace) =>
  Math.max(
    ...truthOf(face).map(({ x, y }, index) =>
      Math.hypot(x - (landmarks[index]?.x ?? 0), y - (landmarks[index]?.y ?? 0)),
    ),
  )

describe('findFaces', () => {
  it.each([0, 20, -35, 45, 90, 120, 180, 250, 315])(
    'places the landmarks of a face turned by %i degrees',
    async (degrees) => {
      const face = aFace({ degrees })
      const { findings } = await find([aScene(0, [face])])
      expect(findings[0]?.sure).toHaveLength(1)
      expect(worst(findings[0]?.sure[0]?.landmarks ?? [], face)).toBeLessThan(3)
      const roll = findings[0]?.sure[0]?.face.quality.rollDegrees ?? Number.NaN
      expect(Math.abs(((((roll - degrees) % 360) + 540) % 360) - 180)).toBeLessThan(2)
      expect(findings[0]?.sure[0]?.face.quality.eyeDistancePx).toBeGreaterThan(58)
      expect(findings[0]?.sure[0]?.face.quality.eyeDistancePx).toBeLessThan(62)
    },
  )

  it('looks once at a picture whose face is plain to see', async () => {
    const { nets } = await find([aScene(0, [aFace()])])
    expect(nets.detector.asked).toHaveLength(1)
    expect(nets.landmarks.asked).toHaveLength(3)
  })

  it('finds a face that the detector takes for one upside down, and nothing else', async () => {
    const face = aFace({ degrees: 180, seenWithin: 180 })
    const { findings } = await find([aScene(0, [face])])
    expect(findings[0]?.sure).toHaveLength(1)
    expect(worst(findings[0]?.sure[0]?.landmarks ?? [], face)).toBeLessThan(3)
  })

  it('finds what is too small for the first look', async () => {
    const face = aFace({ eyes: 20, centre: { x: 700, y: 300 } })
    const { findings } = await find([aScene(0, [face], 1000)])
    expect(findings[0]?.sure).toHaveLength(1)
    expect(worst(findings[0]?.sure[0]?.landmarks ?? [], face)).toBeLessThan(3)
  })

  it('tells several faces, the largest first', async () => {
    const small = aFace({ eyes: 40, centre: { x: 100, y: 120 } })
    const large = aFace({ eyes: 70, centre: { x: 330, y: 330 }, degrees: 15 })
    const { findings } = await find([aScene(0, [small, large])])
    const distances = findings[0]?.sure.map(({ face }) => Math.round(face.quality.eyeDistancePx / 10) * 10)
    expect(distances).toEqual([70, 40])
  })

  it.each([
    ['nearly the same', 0.3, 3],
    ['overlapping little', 1.8, 6],
  ])('tells a face once that the detector saw in two places: %s', async (_, echo, readings) => {
    const { nets, findings } = await find([aScene(0, [aFace({ echo })])])
    expect(findings[0]?.sure).toHaveLength(1)
    expect(nets.landmarks.asked).toHaveLength(readings)
  })

  it('looks at no more than the five largest faces of a crowd', async () => {
    const crowd = Array.from({ length: 9 }, (_, index) =>
      aFace({ centre: { x: 90 + (index % 3) * 150, y: 90 + Math.floor(index / 3) * 150 }, eyes: 34 + index }),
    )
    const { nets, findings } = await find([aScene(0, crowd)])
    expect(nets.landmarks.asked).toHaveLength(15)
    expect(findings[0]?.sure.map(({ face }) => Math.round(face.quality.eyeDistancePx))).toEqual([42, 41, 40, 39, 38])
  })

  it('doubts a face whose landmarks do not hold still', async () => {
    const { findings } = await find([aScene(0, [aFace({ unsteady: true })])])
    expect(findings[0]?.sure).toEqual([])
    expect(findings[0]?.doubtful).toHaveLength(1)
  })

  it('finds nothing where there is nothing, after every look', async () => {
    const { nets, findings } = await find([aScene(0, [])])
    expect(findings).toEqual([{ sure: [], doubtful: [] }])
    expect(nets.detector.asked).toHaveLength(10)
    expect(nets.landmarks.asked).toEqual([])
  })

  it('answers a batch as it answers each picture alone, whatever the batch sizes', async () => {
    const scenes = [
      aScene(0, [aFace()]),
      aScene(1, []),
      aScene(2, [aFace({ degrees: 180 }), aFace({ eyes: 30, centre: { x: 80, y: 80 }, degrees: 180 })]),
      aScene(3, [aFace({ unsteady: true })]),
      aScene(4, [aFace({ degrees: 90, eyes: 45 })]),
    ]
    const boxes = (findings: readonly { sure: readonly { face: { box: unknown } }[] }[]) =>
      findings.map(({ sure }) => sure.map(({ face }) => face.box))
    const alone = await Promise.all(
      scenes.map(async ({ picture }) => (await findFaces([picture], oracleNets(scenes), one))[0]),
    )
    for (const size of [1, 2, 16]) {
      const { findings } = await find(scenes, { detector: size, landmarks: size })
      expect(boxes(findings)).toEqual(boxes(alone.flatMap((finding) => finding ?? [])))
    }
  })

  it('gives the nets no more pictures at a time than it was told', async () => {
    const scenes = [0, 1, 2, 3, 4].map((mark) => aScene(mark, [aFace()]))
    const { nets } = await find(scenes, { detector: 2, landmarks: 3 })
    expect(nets.detector.asked).toEqual([2, 2, 1])
    expect(Math.max(...nets.landmarks.asked)).toBe(3)
  })

  it('throws when a net does not answer for every picture', async () => {
    const broken = { ...oracleNets([]), detector: scriptedNet('face-detector', () => new Float32Array()) }
    await expect(findFaces([aScene(0, []).picture], broken, one)).rejects.toMatchObject({ code: 'INFERENCE' })
  })
})
