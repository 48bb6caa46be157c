import { outcome } from '../../infra/domain/outcomes.ts'
import type { Task, TaskAnswer, TaskItem } from '../executor.ts'
import { deviceFaultOf } from '../runtimes/device-fault.ts'
import { DeviceBrokenError, DeviceMemoryError } from '../runtimes/errors.ts'
import { type BatchRoom, createBatchRoom } from './batch-room.ts'

/** A batch's answers, and how many of them say INFERENCE_FAILED; `failure` is the first error that was thrown. */
export interface BatchRun {
  readonly answers: readonly TaskAnswer[]
  readonly failedCount: number
  readonly failure?: unknown
}

const FAILED: TaskAnswer = { kind: 'error', error: outcome('INFERENCE_FAILED') }

const runWhole = async (task: Task, items: readonly TaskItem[]): Promise<readonly TaskAnswer[]> => {
  const answers = await task.run(items)
  if (answers.length === items.length) return answers
  throw new RangeError(`${task.name} gave ${answers.length} answers to ${items.length} items`)
}

/** No item is to blame for its device, and none can be judged on it. @throws DeviceBrokenError, DeviceMemoryError */
const blameDevice = (error: unknown): void => {
  const fault = deviceFaultOf(error)
  if (fault?.kind === 'memory') throw new DeviceMemoryError(error)
  if (fault) throw new DeviceBrokenError(fault.reason, error)
}

/** Run the items in as many parts as the device has room for, which may show only here. */
const runParts = async (
  task: Task,
  items: readonly TaskItem[],
  onProgress: () => void,
  room: BatchRoom,
): Promise<readonly TaskAnswer[]> => {
  const answers: TaskAnswer[] = []
  while (answers.length < items.length) {
    const part = items.slice(answers.length, answers.length + room.mostItems)
    try {
      answers.push(...(await runWhole(task, part)))
      if (part.length === room.mostItems) room.fitted()
    } catch (error) {
      if (part.length === 1 || deviceFaultOf(error)?.kind !== 'memory') throw error
      room.short(part.length)
    }
    if (answers.length < items.length) onProgress()
  }
  return answers
}

/**
 * Run a batch so that one item never fails its neighbours: when the model throws for the whole batch, every item runs
 * alone, and only those that still throw are answered with INFERENCE_FAILED. Then the model has to pass its warm-up
 * again: a picture was to blame only if the model still works without it. A batch that the device has no room for runs in
 * smaller parts, and so do later ones.
 * @param onProgress called whenever a call into the model ended
 * @param room of the thread, which remembers what fitted
 * @throws DeviceBrokenError, DeviceMemoryError when the device failed, and none of the items was judged
 * @throws what the warm-up threw: the model is broken, and none of the items was judged
 */
export const runBatch = async (
  task: Task,
  items: readonly TaskItem[],
  onProgress: () => void,
  room: BatchRoom = createBatchRoom(),
): Promise<BatchRun> => {
  let failure: unknown
  try {
    return { answers: await runParts(task, items, onProgress, room), failedCount: 0 }
  } catch (error) {
    blameDevice(error)
    failure = error
  }
  const answers = items.length === 1 ? [FAILED] : await runSingly(task, items, onProgress)
  const failedCount = answers.filter((answer) => answer === FAILED).length
  if (failedCount > 0) {
    onProgress()
    await task.warmUp()
  }
  return { answers, failedCount, failure }
}

const runSingly = async (
  task: Task,
  items: readonly TaskItem[],
  onProgress: () => void,
): Promise<readonly TaskAnswer[]> => {
  const answers: TaskAnswer[] = []
  for (const item of items) {
    onProgress()
    const answer = await runWhole(task, [item]).catch((error: unknown) => {
      blameDevice(error)
      return []
    })
    answers.push(answer[0] ?? FAILED)
  }
  return answers
}
