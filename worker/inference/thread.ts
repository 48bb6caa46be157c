/** The program of one inference thread: loads the tasks, proves that they work, runs one batch at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import type { TaskName } from '../../infra/domain/task.ts'
import type { Task } from '../executor.ts'
import { createBatchRoom } from './batch-room.ts'
import { toThrown } from './errors.ts'
import type { FromThread, ThreadData, ToThread } from './protocol.ts'
import { runBatch } from './run-batch.ts'
import { stepBack } from './step-back.ts'
import type { LoadedTask, TaskModule } from './task-module.ts'

/**
 * Pictures that break a model are rare; so many in a row say that the model or its device is broken in a way that the
 * warm-up does not show, for example a device that computes numbers that are none.
 */
const MAX_FAILED_IN_A_ROW = 8

let failedInARow = 0
const room = createBatchRoom()

const post = (message: FromThread): void => parentPort?.postMessage(message)

const broken = (error: unknown): never => {
  post({ type: 'broken', error: toThrown(error) })
  process.exit(1)
}

const load = async ({ tasks, settings, taskModule }: ThreadData): Promise<readonly LoadedTask[]> => {
  const { loadTask } = (await import(taskModule)) as TaskModule
  const all: LoadedTask[] = []
  for (const name of tasks) {
    const loaded = await loadTask(name, settings)
    await loaded.task.warmUp()
    all.push(loaded)
  }
  return all
}

const serve = async (tasks: ReadonlyMap<TaskName, Task>, message: ToThread): Promise<void> => {
  if (message.type === 'close') {
    for (const task of tasks.values()) await task.close()
    process.exit(0)
  }
  const task = tasks.get(message.task)
  if (!task) throw new TypeError(`this worker does not run ${message.task}`)
  if (message.type === 'probe') {
    await task.warmUp()
    post({ type: 'probed' })
    return
  }
  const before = room.mostItems
  const { answers, failedCount, failure } = await runBatch(task, message.items, () => post({ type: 'progress' }), room)
  if (room.mostItems < before) post({ type: 'short', mostItems: room.mostItems })
  failedInARow = failedCount === answers.length ? failedInARow + failedCount : 0
  if (failedInARow > MAX_FAILED_IN_A_ROW) throw failure
  post({ type: 'answers', answers, ...(failure === undefined ? {} : { failure: toThrown(failure) }) })
}

try {
  stepBack((workerData as ThreadData).settings.niceness)
  const all = await load(workerData as ThreadData)
  const tasks = new Map(all.map(({ task }) => [task.name, task]))
  parentPort?.on('message', (message: ToThread) => void serve(tasks, message).catch(broken))
  post({
    type: 'ready',
    loaded: all.map(({ task: { name: task, models }, ...facts }) => ({ task, models, ...facts })),
  })
} catch (error) {
  broken(error)
}
