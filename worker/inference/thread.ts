/** The program of one inference thread: loads the tasks, proves that they work, runs one batch at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import type { TaskName } from '../../infra/domain/task.ts'
import type { Task } from '../executor.ts'
import { toThrown } from './errors.ts'
import type { FromThread, ThreadData, ToThread } from './protocol.ts'
import { runBatch } from './run-batch.ts'
import type { TaskModule } from './task-module.ts'

const post = (message: FromThread): void => parentPort?.postMessage(message)

const broken = (error: unknown): never => {
  post({ type: 'broken', error: toThrown(error) })
  process.exit(1)
}

const load = async ({ tasks, settings, taskModule }: ThreadData): Promise<ReadonlyMap<TaskName, Task>> => {
  const { loadTask } = (await import(taskModule)) as TaskModule
  const loaded = new Map<TaskName, Task>()
  for (const name of tasks) {
    const task = await loadTask(name, settings)
    await task.warmUp()
    loaded.set(name, task)
  }
  return loaded
}

const serve = async (loaded: ReadonlyMap<TaskName, Task>, message: ToThread): Promise<void> => {
  if (message.type === 'close') {
    for (const task of loaded.values()) await task.close()
    process.exit(0)
  }
  const task = loaded.get(message.task)
  if (!task) throw new TypeError(`this worker does not run ${message.task}`)
  const { answers, failure } = await runBatch(task, message.items, () => post({ type: 'progress' }))
  post({ type: 'answers', answers, ...(failure === undefined ? {} : { failure: toThrown(failure) }) })
}

try {
  const loaded = await load(workerData as ThreadData)
  parentPort?.on('message', (message: ToThread) => void serve(loaded, message).catch(broken))
  post({
    type: 'ready',
    models: Object.fromEntries([...loaded].map(([name, { models }]) => [name, models])),
  })
} catch (error) {
  broken(error)
}
