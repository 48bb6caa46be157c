import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterEach, describe, expect, it } from 'vitest'
import type { Json } from '../../../../infra/domain/json.ts'
import type { Logger } from '../../../../infra/ports/logger.ts'
import type { DecodedPicture } from '../../../../infra/ports/picture-codec.ts'
import type { Executor, TaskAnswer } from '../../../../worker/executor.ts'
import { createThreadExecutor, type ThreadExecutorOptions } from '../../../../worker/inference/thread-executor.ts'
import { preparedModels } from '../../../fixtures/prepared-models.ts'

const open: Executor[] = []
const warned: unknown[] = []
const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: (fields) => void warned.push(fields),
  error: () => {},
  child: () => log,
}

const anExecutor = async (overrides: Partial<ThreadExecutorOptions> = {}) => {
  const executor = await createThreadExecutor({
    tasks: ['face-match', 'liveness'],
    modelsDir: overrides.modelsDir ?? (await preparedModels()),
    devices: ['cpu'],
    threadCount: 1,
    intraOpThreads: 1,
    jobTimeoutMs: 60_000,
    log,
    onHang: (error) => {
      throw error
    },
    ...overrides,
  })
  open.push(executor)
  return executor
}

const picture = async (file: string): Promise<DecodedPicture> => {
  const path = new URL(`../../../fixtures/${file}`, import.meta.url)
  const decoded = sharp(fileURLToPath(path)).rotate().toColourspace('srgb').removeAlpha().raw()
  const { data, info } = await decoded.toBuffer({ resolveWithObject: true })
  return { data, width: info.width, height: info.height }
}

const pair = async (source: string, target: string) => ({
  pictures: { source: await picture(source), target: await picture(target) },
  options: {},
})

const told = (answer: TaskAnswer | undefined): Json | undefined => {
  if (answer?.kind === 'error') return answer.error.code
  return (answer?.result as { match?: boolean } | undefined)?.match
}

afterEach(async () => {
  warned.length = 0
  await Promise.all(open.splice(0).map((executor) => executor.close()))
})

describe('an executor on the real models', () => {
  it('answers a batch in order, a picture without a face among faces', async () => {
    const executor = await anExecutor()
    const answers = await executor.run('face-match', [
      await pair('person_a_2009.jpg', 'person_a_2012.jpg'),
      await pair('person_a_2009.jpg', 'noface.png'),
      await pair('person_a_2010.jpg', 'person_b_2010.jpg'),
    ])
    expect(answers.map(told)).toEqual([true, 'NO_FACE', false])
    expect(executor.models['face-match']?.map(({ digest }) => digest)).toEqual(
      expect.arrayContaining([expect.stringMatching(/^sha256:[0-9a-f]{64}$/)]),
    )
  })

  it('reads a document, and says of a portrait that it is none', async () => {
    const executor = await anExecutor({ tasks: ['ocr'] })
    const files = ['passport_td3_eriksson_clean.png', 'person_a_2009.jpg']
    const items = await Promise.all(
      files.map(async (file) => ({ pictures: { image: await picture(file) }, options: {} })),
    )
    const [document, portrait] = await executor.run('ocr', items)
    expect(document).toMatchObject({ kind: 'result', result: { fields: { surname: { value: 'ERIKSSON' } } } })
    expect(told(portrait)).toBe('DOCUMENT_UNREADABLE')
  })

  it('runs its threads side by side with the same answers', async () => {
    const executor = await anExecutor({ tasks: ['face-match'], threadCount: 2 })
    const items = await Promise.all(Array.from({ length: 4 }, () => pair('person_a_2009.jpg', 'person_a_2010.jpg')))
    const answers = await Promise.all(items.map((item) => executor.run('face-match', [item])))
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1)
    expect(answers.map(([answer]) => told(answer))).toEqual([true, true, true, true])
  })

  it.each([
    [false, 'review'],
    [true, 'pass'],
  ])('lets liveness pass only where its operator allows it: %s gives %s', async (allowLivenessPass, verdict) => {
    const executor = await anExecutor({ tasks: ['liveness'], allowLivenessPass })
    const image = await picture('person_b_2010.jpg')
    const [answer] = await executor.run('liveness', [{ pictures: { image }, options: {} }])
    expect(answer).toMatchObject({ kind: 'result', result: { live: true, verdict } })
  })

  it('takes the next device where one is missing, and says why', async () => {
    const executor = await anExecutor({ tasks: ['face-match'], devices: ['cuda', 'cpu'] })
    expect(Object.keys(executor.models)).toEqual(['face-match'])
    expect(warned).toEqual([
      expect.objectContaining({ device: 'cpu', skipped: [{ device: 'cuda', reason: expect.any(String) }] }),
    ])
  })
})

describe('an executor without its models', () => {
  it('says what to run', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'muster-no-models-'))
    const starting = anExecutor({ modelsDir: empty })
    await expect(starting).rejects.toMatchObject({ code: 'MODEL_MISSING', retryable: false })
    await expect(starting).rejects.toThrow('./muster models')
    rmSync(empty, { recursive: true })
  })

  it('says which device is missing', async () => {
    await expect(anExecutor({ devices: ['cuda'] })).rejects.toMatchObject({ code: 'RUNTIME_UNAVAILABLE' })
  })
})
