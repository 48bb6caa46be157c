import { afterEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { outcome } from '../../../../infra/domain/outcomes.ts'
import type { Executor } from '../../../../worker/executor.ts'
import {
  InferenceHungError,
  InferenceThreadError,
  InferenceThreadExitedError,
  InferenceThreadsDyingError,
} from '../../../../worker/inference/errors.ts'
import { anExecutor, anItem, closeAll, logged, resultOf } from './an-executor.ts'

const FAILED = { kind: 'error', error: outcome('INFERENCE_FAILED') }

afterEach(closeAll)

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

  it('is replaced on the device that was got, never on a slower one', async () => {
    const { executor } = await anExecutor({ modelsDir: 'slower', devices: ['cuda', 'cpu', 'webgpu'] })
    const [before] = await executor.run('ocr', [anItem()])
    await executor.run('ocr', [anItem({ do: 'exit' })]).catch(() => 'died')
    const [after] = await executor.run('ocr', [anItem()])
    expect([resultOf(before).devices, resultOf(after).devices]).toEqual([['cuda', 'cpu', 'webgpu'], ['cpu']])
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
    const { executor } = await anExecutor({ jobTimeoutMs: 3_000 })
    const items = [anItem({ do: 'throw' }), ...Array.from({ length: 4 }, () => anItem({ do: 'slow', ms: 900 }))]
    const answers = await executor.run('ocr', items)
    expect(answers.map(({ kind }) => kind)).toEqual(['error', 'result', 'result', 'result', 'result'])
  })
})
