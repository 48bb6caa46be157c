import { spawn } from 'node:child_process'
import { closeSync } from 'node:fs'
import { join } from 'node:path'
import { openLog } from '../../infra/local/process.ts'
import type { StackMessage } from './channel.ts'
import { ROOT, type StackPaths } from './folder.ts'
import { checkFolder } from './preflight.ts'
import type { Tell } from './tell.ts'

/** How a detached start ended: it answers, another process runs this stack already, or it failed. */
export type Detached =
  | { readonly kind: 'ready'; readonly url: string; readonly apiKey: string }
  | { readonly kind: 'taken' }
  | { readonly kind: 'failed'; readonly lines: readonly string[]; readonly exitCode: number }

/**
 * Start the stack in a process of its own that outlives this one, and wait until it answers. A request to stop that
 * reaches us meanwhile is passed on.
 */
export const startDetached = (
  paths: StackPaths,
  env: Readonly<Record<string, string | undefined>>,
  tell: Tell,
): Promise<Detached> => {
  checkFolder(paths)
  const logPath = join(paths.logs, 'stack.log')
  const log = openLog(logPath)
  const child = spawn(process.execPath, [join(ROOT, 'scripts', 'stack.ts'), paths.dir], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  })
  closeSync(log)
  const passOn = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, passOn)
  return new Promise((resolve) => {
    child.on('message', (message: StackMessage) => {
      if (message.type === 'say') tell.say(message.line)
      else if (message.type === 'warn') tell.warn(message.line)
      else if (message.type === 'ready') resolve({ kind: 'ready', url: message.url, apiKey: message.apiKey })
      else if (message.type === 'taken') resolve({ kind: 'taken' })
      else resolve({ kind: 'failed', lines: message.lines, exitCode: message.exitCode })
    })
    child.once('error', (error) => resolve({ kind: 'failed', lines: [error.message], exitCode: 1 }))
    child.once('exit', (code, signal) => {
      const lines = [`it ended while starting (${signal ?? code}); log: ${logPath}`]
      resolve({ kind: 'failed', lines, exitCode: code || 1 })
    })
  }).then((outcome) => {
    if (child.connected) child.disconnect()
    child.unref()
    return outcome as Detached
  })
}
