import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CacheFile, type CacheFolder, planEviction } from '../../../../infra/model-store/plan-eviction.ts'

const NOW = 1_000_000
const limits = (maxBytes: number) => ({ maxBytes, now: NOW, inUseMs: 100 })
const file = (id: string, bytes: number, modifiedAt = 0): CacheFile => ({ path: `files/${id}`, id, bytes, modifiedAt })
const folder = (path: string, usedAt: number, ...files: CacheFile[]): CacheFolder => ({
  path,
  usedAt,
  holds: files.map(({ id, bytes }) => ({ id, bytes })),
})
const [a, b, c] = [file('a', 10), file('b', 20), file('c', 30)]

describe('planEviction', () => {
  it('removes nothing that has room', () => {
    expect(planEviction([folder('one', 1, a)], [a, b], limits(30))).toEqual({ folders: [], files: [] })
  })

  it('removes what no folder holds before any folder', () => {
    expect(planEviction([folder('one', 1, a)], [a, b], limits(10))).toEqual({ folders: [], files: ['files/b'] })
  })

  it('removes the folder that was not used for longest, with what only it held', () => {
    const folders = [folder('new', 5, a, c), folder('old', 1, a, b)]
    expect(planEviction(folders, [a, b, c], limits(50))).toEqual({ folders: ['old'], files: ['files/b'] })
  })

  it('removes nothing that is in use, however small the room', () => {
    const folders = [folder('used', NOW - 100, a), folder('idle', NOW - 101, b)]
    const young = file('young', 40, NOW - 5)
    expect(planEviction(folders, [a, b, young], limits(0))).toEqual({ folders: ['idle'], files: ['files/b'] })
  })

  const ids = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const age = fc.integer({ min: 0, max: 300 })
  const bytesOf: Readonly<Record<string, number>> = { a: 1, b: 10, c: 100, d: 3, e: 30 }
  const world = fc.record({
    folders: fc.array(fc.record({ ago: age, holds: fc.uniqueArray(ids) }), { maxLength: 6 }),
    files: fc.uniqueArray(fc.record({ id: ids, ago: age }), { selector: ({ id }) => id }),
    maxBytes: fc.integer({ min: 0, max: 200 }),
  })
  const build = ({ folders, files, maxBytes }: typeof world extends fc.Arbitrary<infer T> ? T : never) => ({
    folders: folders.map(({ ago, holds }, at) =>
      folder(`f${at}`, NOW - ago, ...holds.map((id) => file(id, bytesOf[id] ?? 0))),
    ),
    files: files.map(({ id, ago }) => file(id, bytesOf[id] ?? 0, NOW - ago)),
    maxBytes,
  })

  it('never removes what is in use, nor more than it must', () => {
    fc.assert(
      fc.property(world, (drawn) => {
        const { folders, files, maxBytes } = build(drawn)
        const plan = planEviction(folders, files, limits(maxBytes))
        const kept = folders.filter(({ path }) => !plan.folders.includes(path))
        const left = files.filter(({ path }) => !plan.files.includes(path))
        const sizeOf = (some: readonly CacheFolder[], others: readonly CacheFile[]): number =>
          [...new Set([...some.flatMap(({ holds }) => holds.map(({ id }) => id)), ...others.map(({ id }) => id)])]
            .map((id) => bytesOf[id] ?? 0)
            .reduce((sum, bytes) => sum + bytes, 0)
        for (const { path, usedAt } of folders) if (NOW - usedAt <= 100) expect(plan.folders).not.toContain(path)
        for (const { path, modifiedAt } of files) if (NOW - modifiedAt <= 100) expect(plan.files).not.toContain(path)
        if (sizeOf(folders, files) <= maxBytes) expect(plan).toEqual({ folders: [], files: [] })
        // Too large still: then nothing that could go is left.
        if (sizeOf(kept, left) > maxBytes) {
          const held = new Set(kept.flatMap(({ holds }) => holds.map(({ id }) => id)))
          expect(kept.filter(({ usedAt }) => NOW - usedAt > 100)).toEqual([])
          expect(left.filter(({ id, modifiedAt }) => !held.has(id) && NOW - modifiedAt > 100)).toEqual([])
        }
      }),
    )
  })
})
