import { getPriority } from 'node:os'
import { afterEach, describe, expect, it } from 'vitest'
import type { TaskItem } from '../../../../worker/executor.ts'
import { createOpenCandidate, type OpenedCandidate } from '../../../../worker/rollout/open-candidate.ts'
import { aRollout } from '../../../fixtures/rollouts.ts'
import { silence } from '../../../fixtures/silence.ts'

const { log } = silence()
const ITEM: TaskItem = { pictures: {}, options: { score: 0.6 } }

const open: OpenedCandidate[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()))
})

const setUp = () => {
  const said: string[] = []
  const broken = Promise.withResolvers<Error>()
  const source = {
    async obtain(name: string, version: string) {
      said.push(`obtain ${name} ${version}`)
      return `/models/${name}@${version}`
    },
    release: (folder: string) => void said.push(`release ${folder}`),
  }
  const settings = {
    ...{ modelsDir: 'any', devices: ['cpu'] as const, threadCount: 2, intraOpThreads: 1, jobTimeoutMs: 10_000, log },
    taskModule: new URL('../../../fixtures/tasks/tried.ts', import.meta.url).href,
  }
  const openCandidate = createOpenCandidate(settings, source, log)
  const start = async (thresholds: Record<string, number>, model: string | null = null) => {
    const candidate = { role: 'face-liveness', model, thresholds }
    const opened = await openCandidate(aRollout({ candidate }), broken.resolve)
    open.push(opened)
    return opened
  }
  return { said, start, broken: broken.promise }
}

it('runs the task with the candidate in its place, and names what it decides with', async () => {
  const { start, said } = setUp()
  const { executor } = await start({ live: 0.9 })
  const [answer] = await executor.run('liveness', [ITEM])
  expect(answer).toMatchObject({ kind: 'result', result: { live: false, threshold: 0.9 } })
  expect(executor.thresholds?.liveness?.thresholds).toEqual({ 'face-liveness': { live: 0.9 } })
  expect(said).toEqual([])
})

it('steps back without taking the process along', async () => {
  const before = getPriority(process.pid)
  await setUp().start({ live: 0.9 })
  expect(getPriority(process.pid)).toBe(before)
})

describe('a published version', () => {
  it('is held while it is loaded, and let go when it is closed', async () => {
    const { start, said } = setUp()
    const opened = await start({}, 'net@1.0.1')
    expect(said).toEqual(['obtain net 1.0.1'])
    await opened.close()
    expect(said).toEqual(['obtain net 1.0.1', 'release /models/net@1.0.1'])
  })

  it('is let go when it cannot be loaded', async () => {
    const { start, said } = setUp()
    await expect(start({ missing: 1 }, 'net@1.0.1')).rejects.toThrow('Error in an inference thread')
    expect(said.at(-1)).toBe('release /models/net@1.0.1')
  })

  it.each(['net', 'net@', '@1.0.0', '../net@1.0.0', 'a@1.0.0@2.0.0'])('is none by the name of %j', async (model) => {
    const { start, said } = setUp()
    await expect(start({}, model)).rejects.toThrow('a candidate is named name@version')
    expect(said).toEqual([])
  })
})

it('says that it is broken at the second death, and not at the first', async () => {
  const { start, broken } = setUp()
  const { executor } = await start({ exits: 1 })
  const seen: string[] = []
  void broken.then((error) => seen.push(error.message))
  await expect(executor.run('liveness', [ITEM])).rejects.toThrow('inference is unavailable')
  expect(seen).toEqual([])
  await expect(executor.run('liveness', [ITEM])).rejects.toThrow('inference is unavailable')
  expect((await broken).message).toBe('2 inference threads died')
})
