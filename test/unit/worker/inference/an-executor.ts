import type { Json } from '../../../../infra/domain/json.ts'
import type { Logger } from '../../../../infra/ports/logger.ts'
import type { Executor, TaskAnswer, TaskItem } from '../../../../worker/executor.ts'
import { createThreadExecutor, type ThreadExecutorOptions } from '../../../../worker/inference/thread-executor.ts'

const open: Executor[] = []
/** Warnings and errors of the test so far. */
export const logged: string[] = []
const log: Logger = {
  debug: () => {},
  info: () => {},
  warn: (_fields, message) => void logged.push(message),
  error: (_fields, message) => void logged.push(message),
  child: () => log,
}

/** An executor of scripted tasks; `hung` resolves when it gives up. */
export const anExecutor = async (overrides: Partial<ThreadExecutorOptions> = {}) => {
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

export const anItem = (options: Record<string, Json> = {}, data = new Uint8Array([1, 2, 3])): TaskItem => ({
  pictures: { image: { data, width: 1, height: 1 } },
  options,
})

export const resultOf = (answer: TaskAnswer | undefined) =>
  (answer?.kind === 'result' ? answer.result : {}) as {
    echo: Json
    sum: number
    threadId: number
    warmUpCount: number
    devices: string[]
  }

/** For afterEach. */
export const closeAll = async (): Promise<void> => {
  logged.length = 0
  await Promise.all(open.splice(0).map((executor) => executor.close()))
}
