import { afterEach, describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { ProbeFailedError } from '../../../../worker/inference/errors.ts'
import type { FaultOn } from '../../../../worker/runtimes/device-fault.ts'
import { anExecutor, anItem, closeAll, logged, resultOf } from './an-executor.ts'

afterEach(closeAll)

const ILLEGAL = 'CUDA failure 700: an illegal memory access was encountered ; GPU=0'

const aWatched = async (overrides: Parameters<typeof anExecutor>[0] = {}) => {
  const faults: FaultOn[] = []
  const onDeviceFault = (fault: FaultOn) => void faults.push(fault)
  return { ...(await anExecutor({ modelsDir: 'on-cuda', devices: ['cuda'], onDeviceFault, ...overrides })), faults }
}

describe('a device that breaks under a batch', () => {
  it('fails no picture: the batch is given back, the fault is told, and the process has to end', async () => {
    const { executor, faults, hung } = await aWatched()
    const batch = executor.run('ocr', [anItem(), anItem({ do: 'device-error', text: ILLEGAL })])
    await expect(batch).rejects.toMatchObject({ code: 'UNAVAILABLE', cause: { code: 'DEVICE_BROKEN' } })
    await expect(hung).resolves.toMatchObject({ code: 'DEVICE_BROKEN' })
    expect(faults).toEqual([{ device: 'cuda', kind: 'broken', reason: 'illegal-access' }])
    await expect(executor.run('ocr', [anItem()])).rejects.toThrow(UnavailableError)
  })

  it('only when an item runs alone fails no picture either', async () => {
    const { executor, faults } = await aWatched({ modelsDir: 'forgetful', devices: ['cpu'] })
    const text = 'CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR'
    const batch = executor.run('ocr', [anItem({ do: 'throw' }), anItem({ do: 'device-error', text })])
    await expect(batch).rejects.toMatchObject({ cause: { code: 'DEVICE_BROKEN' } })
    expect(faults).toMatchObject([{ reason: 'cudnn' }])
  })
})

describe('a device without room', () => {
  it('gets smaller batches, answers every item, and says so once', async () => {
    const { executor, faults } = await aWatched()
    const answers = await executor.run(
      'ocr',
      Array.from({ length: 8 }, (_, echo) => anItem({ echo, room: 3 })),
    )
    expect(answers.map((answer) => resultOf(answer).echo)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    await executor.run('ocr', [anItem({ room: 3 }), anItem(), anItem(), anItem()])
    expect(faults).toEqual([{ device: 'cuda', kind: 'memory', reason: 'out-of-memory' }])
    expect(logged).toEqual(['a batch does not fit into the memory of the device: smaller ones from now on'])
  })

  it('even for one item gives it back, and a thread that has let go of its memory goes on', async () => {
    const { executor, faults } = await aWatched()
    const [before] = await executor.run('ocr', [anItem()])
    await expect(executor.run('ocr', [anItem({ room: 0 })])).rejects.toMatchObject({
      cause: { code: 'DEVICE_OUT_OF_MEMORY' },
    })
    const [after] = await executor.run('ocr', [anItem()])
    expect(resultOf(after).threadId).not.toBe(resultOf(before).threadId)
    expect(faults).toEqual([{ device: 'cuda', kind: 'memory', reason: 'out-of-memory' }])
  })
})

describe('an executor with nothing to do', () => {
  const probeMs = 20
  const warmUps = async ({ executor }: Awaited<ReturnType<typeof aWatched>>) =>
    resultOf((await executor.run('ocr', [anItem()]))[0]).warmUpCount

  it('runs a real inference again and again', async () => {
    const watched = await aWatched({ probeMs })
    await expect.poll(() => warmUps(watched), { interval: 5 * probeMs }).toBeGreaterThan(3)
  })

  it('never does where that is off', async () => {
    const watched = await aWatched({ probeMs: 0 })
    await new Promise((resolve) => setTimeout(resolve, 5 * probeMs))
    expect(await warmUps(watched)).toBe(1)
  })

  it('gives up when that inference fails', async () => {
    const { executor, hung } = await aWatched({ probeMs })
    await executor.run('ocr', [anItem({ do: 'sour' })])
    await expect(hung).resolves.toBeInstanceOf(ProbeFailedError)
    await expect(executor.run('ocr', [anItem()])).rejects.toThrow(UnavailableError)
  })

  it('gives up when that inference does not come back', async () => {
    const { executor, hung } = await aWatched({ probeMs, jobTimeoutMs: 1_500 })
    await executor.run('ocr', [anItem({ do: 'tire' })])
    await expect(hung).resolves.toMatchObject({ code: 'PROBE_FAILED', cause: { code: 'INFERENCE_HUNG' } })
  })

  it('looks at every thread', async () => {
    const { executor, hung } = await aWatched({ probeMs, threadCount: 2 })
    await executor.run('ocr', [anItem({ do: 'sour' })])
    await expect(hung).resolves.toBeInstanceOf(ProbeFailedError)
  })

  it('lets work that comes meanwhile wait for one task of the probe, not for all', async () => {
    const watched = await aWatched({ modelsDir: 'heavy', probeMs, tasks: ['ocr', 'liveness', 'face-match'] })
    const whole = 3
    await expect.poll(async () => (await warmUps(watched)) % whole, { interval: 3 * probeMs }).not.toBe(0)
  })
})
