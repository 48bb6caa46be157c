import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

/** A process of its own for each side of a measurement: sharing an event loop would measure the sharing. */
export interface Child {
  /** ask and wait for the answer; one question at a time */
  ask<T>(question: unknown): Promise<T>
  readonly pid: number
  stop(): Promise<void>
}

/**
 * Start a program that says over IPC when it serves, and answers questions there.
 * @throws when it ends before it is ready
 */
export const startChild = async (program: URL, env: Readonly<Record<string, string>>): Promise<Child> => {
  const child = fork(program, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await nextMessage(child, isReady)
  return {
    pid: child.pid ?? 0,
    ask<T>(question: unknown) {
      const answer = nextMessage(child, () => true) as Promise<T>
      child.send(question as object)
      return answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** A program of the benchmark says `{ready: true}`; a worker says it in the node supervisor's words. */
const isReady = (message: { ready?: boolean; type?: string }): boolean =>
  message.ready === true || message.type === 'ready'

const nextMessage = (child: ChildProcess, wanted: (message: object) => boolean): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${child.spawnargs[1]} ended with ${code}`))
    const onMessage = (message: object) => {
      if (!wanted(message)) return
      child.off('exit', onExit)
      child.off('message', onMessage)
      resolve(message)
    }
    child.once('exit', onExit)
    child.on('message', onMessage)
  })

/** The child's side: tell that it serves, answer questions, end when told or when the parent has gone. */
export const serveParent = (answer?: (question: never) => Promise<unknown>): void => {
  process.on('message', async (question) => process.send?.((await answer?.(question as never)) as object))
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  process.send?.({ ready: true })
}
