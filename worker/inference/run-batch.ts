import { outcome } from '../../infra/domain/outcomes.ts'
import type { Task, TaskAnswer, TaskItem } from '../executor.ts'

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

/**
 * Run a batch so that one item never fails its neighbours: when the model throws for the whole batch, every item runs
 * alone, and only those that still throw are answered with INFERENCE_FAILED. Then the model has to pass its warm-up
 * again: a picture was to blame only if the model still works without it.
 * @param onProgress called whenever a call into the model ended
 * @throws what the warm-up threw: the model is broken, and none of the items was judged
 */
export const runBatch = async (task: Task, items: readonly TaskItem[], onProgress: () => void): Promise<BatchRun> => {
  let failure: unknown
  try {
    return { answers: await runWhole(task, items), failedCount: 0 }
  } catch (error) {
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
    const answer = await runWhole(task, [item]).catch(() => [])
    answers.push(answer[0] ?? FAILED)
  }
  return answers
}
