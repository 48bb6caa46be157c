import { createHash } from 'node:crypto'
import type { TaskName } from '../../infra/domain/task.ts'
import type { ThresholdSet, Thresholds } from '../../infra/domain/thresholds.ts'

/** 64 bits: with a million sets two of one name would still be a wonder. */
const DIGITS = 16

const inOrder = (object: object): object =>
  Object.fromEntries(Object.entries(object).sort(([one], [other]) => (one < other ? -1 : 1)))

const canonical = (thresholds: Thresholds): string =>
  JSON.stringify(inOrder(Object.fromEntries(Object.entries(thresholds).map(([group, all]) => [group, inOrder(all)]))))

/** The short name of what a task decides with: the same for the same numbers, in whatever order they are told. */
export const thresholdSetOf = (task: TaskName, thresholds: Thresholds): ThresholdSet => {
  const text = `{"task":${JSON.stringify(task)},"thresholds":${canonical(thresholds)}}`
  return { digest: `sha256:${createHash('sha256').update(text).digest('hex').slice(0, DIGITS)}`, task, thresholds }
}
