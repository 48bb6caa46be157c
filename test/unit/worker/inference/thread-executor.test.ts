import { afterEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { ExecutorClosedError, InferenceHungError } from '../../../../worker/inference/errors.ts'
import { anExecutor, anItem, closeAll, logged, resultOf } from './an-executor.ts'

afterEach(closeAll)

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
