import { afterEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { Json } from '../../../../infra/domain/json.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import type { Logger } from '../../../../infra/ports/logger.ts'
import type { Executor, TaskAnswer, TaskItem } from '../../../../worker/executor.ts'
import {
  ExecutorClosedError,
  InferenceHungError,
  InferenceThreadError,
  InferenceThreadExitedError,
  InferenceThreadsDyingError,
} from '../../../../worker/inference/errors.ts'
import { createThreadExecutor, type ThreadExecutorOptions } from '../../../../worker/inference/thread-executor.ts'

const open: Executor[] = []
const logged: string[] = []
const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: (_fields, message) => void logged.push(message),
  error: (_fields, message) => void logged.push(message),
  child: () => log,
}

const anExecutor = async (overrides: Partial<ThreadExecutorOptions> = {}) => {
  const hung = Promise.withResolvers<Error>()
  const executor = await createThreadExecutor({
    tasks: ['ocr'],
    modelsDir: 'fine',
    devices: ['cpu'],
    threadCount: 1,
    intraOpThreads: 1,
    jobTimeoutMs: 10_000,
    log,
    onHang: hung.resolve,
    taskModule: new URL('../../../fixtures/tasks/scripted.ts', import.meta.url).href,
    ...overrides,
  })
  open.push(executor)
  return { executor, hung: hung.promise }
}

const anItem = (options: Record<string, Json> = {}, data = new Uint8Array([1, 2, 3])): TaskItem => ({
  pictures: { image: { data, width: 1, height: 1 } },
  options,
})

const resultOf = (answer: TaskAnswer | undefined) =>
  (answer?.kind === 'result' ? answer.result : {}) as { echo: Json; sum: number; threadId: number; warmUpCount: number }

const FAILED = { kind: 'error', error: outcome('INFERENCE_FAILED') }

afterEach(async () => {
  logged.length = 0
  await Promise.all(open.splice(0).map((executor) => executor.close()))
})

describe('an executor that starts', () => {
  it('has warmed up and names the models before it takes work', async () => {
    const { executor } = await anExecutor()
    expect(executor.models).toMatchObject({ ocr: [{ name: 'scripted', version: '1.0.0' }] })
    const [answer] = await executor.run('ocr', [anItem()])
    expect(resultOf(answer).warmUpCount).toBe(1)
  })

  it.each([
    ['a model is missing', 'missing', 'INVALID_KEY'],
    ['the warm-up throws', 'cold', 'INFERENCE_THREAD'],
    ['the thread exits while loading', 'exit', 'INFERENCE_THREAD_EXITED'],
  ])('rejects when %s', async (_what, modelsDir, code) => {
    await expect(anExecutor({ modelsDir, threadCount: 2 })).rejects.toMatchObject({ code })
  })

  it('says when it got a later device than configured', async () => {
    await anExecutor({ modelsDir: 'slower' })
    expect(logged).toEqual(['a task is loaded, but not on the first device'])
  })

  it('rejects when loading takes too long', async () => {
    await expect(anExecutor({ modelsDir: 'hang', startTimeoutMs: 300 })).rejects.toThrow(InferenceHungError)
  })

  it('rejects a task it has not loaded', async () => {
    const { executor } = await anExecutor()
    await expect(executor.run('liveness', [anItem()])).rejects.toThrow(TypeError)
  })
})

describe('a batch', () => {
  it('is answered in order, from the pixels that were sent', async () => {
    const { executor } = await anExecutor()
    const answers = await executor.run('ocr', [
      anItem({ echo: 'a' }, new Uint8Array([1, 2])),
      anItem({ echo: 'b' }, Buffer.from([3, 4])),
      anItem({ echo: 'c' }, new Uint8Array([9, 5, 6, 9]).subarray(1, 3)),
    ])
    expect(answers.map(resultOf).map(({ echo, sum }) => [echo, sum])).toEqual([
      ['a', 3],
      ['b', 7],
      ['c', 11],
    ])
  })

  it('takes the pixels along instead of copying them', async () => {
    const { executor } = await anExecutor()
    const data = new Uint8Array(16)
    await executor.run('ocr', [anItem({}, data)])
    expect(data.buffer.detached).toBe(true)
    await expect(executor.run('ocr', [anItem({}, data)])).rejects.toMatchObject({ name: 'DataCloneError' })
    await expect(executor.run('ocr', [anItem({ echo: 'next' })])).resolves.toHaveLength(1)
  })

  it('leaves the main thread free while the model computes', async () => {
    const { executor } = await anExecutor()
    let turns = 0
    const running = executor.run('ocr', [anItem({ do: 'slow', ms: 300 })])
    const beats = setInterval(() => {
      turns += 1
    }, 10)
    await running
    clearInterval(beats)
    expect(turns).toBeGreaterThan(0)
  })

  it('goes to an idle thread', async () => {
    const { executor } = await anExecutor({ threadCount: 2 })
    const slow = executor.run('ocr', [anItem({ do: 'slow', ms: 400 })])
    const order: string[] = []
    const quick = Array.from({ length: 3 }, () => executor.run('ocr', [anItem()]).then(() => order.push('quick')))
    await Promise.all([slow.then(() => order.push('slow')), ...quick])
    expect(order).toEqual(['quick', 'quick', 'quick', 'slow'])
  })
})

describe('an item that makes the model throw', () => {
  it('fails alone', async () => {
    const { executor } = await anExecutor()
    const answers = await executor.run('ocr', [anItem({ echo: 1 }), anItem({ do: 'throw' }), anItem({ echo: 3 })])
    expect(answers[1]).toEqual(FAILED)
    expect([resultOf(answers[0]).echo, resultOf(answers[2]).echo]).toEqual([1, 3])
    expect(logged).toEqual(['a model threw'])
  })

  it('fails alone when it is the whole batch, and the thread goes on', async () => {
    const { executor } = await anExecutor()
    const [before] = await executor.run('ocr', [anItem()])
    expect(await executor.run('ocr', [anItem({ do: 'throw' })])).toEqual([FAILED])
    const [after] = await executor.run('ocr', [anItem()])
    expect(resultOf(after)).toMatchObject({ threadId: resultOf(before).threadId, warmUpCount: 2 })
  })

  it('does not fail its neighbours when the model forgets answers', async () => {
    const { executor } = await anExecutor({ modelsDir: 'forgetful' })
    const answers = await executor.run('ocr', [anItem({ echo: 1 }), anItem({ echo: 2 })])
    expect(answers.map((answer) => resultOf(answer).echo)).toEqual([1, 2])
  })
})

describe('items that fail one after the other', () => {
  const failing = (executor: Executor, itemCount: number) =>
    executor.run(
      'ocr',
      Array.from({ length: itemCount }, () => anItem({ do: 'throw' })),
    )

  it('are believed to be at fault up to eight, then the model is', async () => {
    const { executor } = await anExecutor()
    expect(await failing(executor, 5)).toHaveLength(5)
    expect(await failing(executor, 3)).toHaveLength(3)
    await expect(failing(executor, 1)).rejects.toThrow(UnavailableError)
    const [after] = await executor.run('ocr', [anItem()])
    expect(resultOf(after).warmUpCount).toBe(1)
  })

  it('are forgotten once one succeeds', async () => {
    const { executor } = await anExecutor()
    expect(await failing(executor, 6)).toHaveLength(6)
    await executor.run('ocr', [anItem()])
    expect(await failing(executor, 6)).toHaveLength(6)
  })
})

describe('a thread that dies', () => {
  it.each([
    ['exits', 'exit', InferenceThreadExitedError],
    ['finds its model broken', 'break', InferenceThreadError],
  ])('that %s fails its batch as unavailable and is replaced', async (_what, act, cause) => {
    const { executor } = await anExecutor()
    const [before] = await executor.run('ocr', [anItem()])
    const failing = await executor.run('ocr', [anItem({ do: act })]).catch((error: unknown) => error)
    expect(failing).toBeInstanceOf(UnavailableError)
    expect((failing as Error).cause).toBeInstanceOf(cause)
    const [after] = await executor.run('ocr', [anItem()])
    expect(resultOf(after).threadId).not.toBe(resultOf(before).threadId)
    expect(resultOf(after).warmUpCount).toBe(1)
  })

  it('again and again ends the executor loudly', async () => {
    const { executor, hung } = await anExecutor()
    const deaths = Array.from({ length: 8 }, () => executor.run('ocr', [anItem({ do: 'exit' })]).catch(() => 'failed'))
    await expect(hung).resolves.toBeInstanceOf(InferenceThreadsDyingError)
    await Promise.all(deaths)
    expect(logged).toHaveLength(6)
    await expect(executor.run('ocr', [anItem()])).rejects.toThrow(UnavailableError)
  })
})

describe('the watchdog', () => {
  it('reports a call that does not come back, and fails what waits', async () => {
    const { executor, hung } = await anExecutor({ jobTimeoutMs: 300 })
    const stuck = executor.run('ocr', [anItem({ do: 'hang' })])
    const waiting = executor.run('ocr', [anItem()])
    await expect(stuck).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'INFERENCE_HUNG' } })
    await expect(waiting).rejects.toThrow(UnavailableError)
    await expect(hung).resolves.toBeInstanceOf(InferenceHungError)
  })

  it('allows the time for each call, not for the batch', async () => {
    const { executor } = await anExecutor({ jobTimeoutMs: 1_000 })
    const items = [anItem({ do: 'throw' }), ...Array.from({ length: 4 }, () => anItem({ do: 'slow', ms: 400 }))]
    const answers = await executor.run('ocr', items)
    expect(answers.map(({ kind }) => kind)).toEqual(['error', 'result', 'result', 'result', 'result'])
  })
})

describe('an executor that is closed', () => {
  it('rejects what waits and what comes later', async () => {
    const { executor } = await anExecutor()
    const running = executor.run('ocr', [anItem({ do: 'hang' })]).catch((error: unknown) => error)
    const waiting = executor.run('ocr', [anItem()]).catch((error: unknown) => error)
    await executor.close()
    await executor.close()
    for (const call of [running, waiting, executor.run('ocr', [anItem()]).catch((error: unknown) => error)]) {
      expect(await call).toBeInstanceOf(UnavailableError)
      expect(((await call) as Error).cause).toBeInstanceOf(ExecutorClosedError)
    }
  })
})
