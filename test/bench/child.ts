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
 * Start a program that says `{ready: true}` over IPC once it serves, and answers questions there.
 * @throws when it ends before it is ready
 */
export const startChild = async (program: URL, env: Readonly<Record<string, string>>): Promise<Child> => {
  const child = fork(program, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  await nextMessage(child)
  return {
    pid: child.pid ?? 0,
    ask<T>(question: unknown) {
      const answer = nextMessage(child) as Promise<T>
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

const nextMessage = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve, reject) => {
    const onExit = (code: number | null) =>
      reject(new Error(`${child.spawnfile} ${child.spawnargs.join(' ')} ended with ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })

/** The child's side: tell that it serves, answer questions, end when told or when the parent has gone. */
export const serveParent = (answer?: (question: never) => Promise<unknown>): void => {
  process.on('message', async (question) => process.send?.((await answer?.(question as never)) as object))
  process.on('disconnect', () => process.exit(0))
  process.on('SIGTERM', () => process.exit(0))
  process.send?.({ ready: true })
}
