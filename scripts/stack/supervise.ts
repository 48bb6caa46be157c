import { rmSync } from 'node:fs'
import { tryFolderLock } from '../../infra/local/lock.ts'
import { Lifecycle } from '../../infra/runtime/lifecycle.ts'
import { withFiles } from './env-file.ts'
import type { StackPaths } from './folder.ts'
import { checkFolder } from './preflight.ts'
import { runStack, type Stack } from './run-stack.ts'
import { openStateWriter } from './state-writer.ts'
import { asLogger, type Tell } from './tell.ts'

export interface SuperviseOptions {
  readonly paths: StackPaths
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tell: Tell
  /** everything answers; the stack keeps running meanwhile, and `isStopping` tells when it no longer does */
  readonly onReady: (stack: Stack, isStopping: () => boolean) => Promise<void>
}

/** Services drain for up to 30 s one after the other, then the servers write out what they hold. */
const GRACE_MS = 180_000

/** Resolves at the first request to stop. The second one ends this process at once. */
const stopRequested = (tell: Tell, onFirst: () => void): Promise<void> =>
  new Promise((resolve) => {
    let asked = false
    const onSignal = () => {
      if (asked) {
        tell.warn('stopped at once; what is left is ended by ./muster down')
        process.exit(1)
      }
      asked = true
      tell.say('stopping; once more to stop at once')
      onFirst()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  })

/**
 * Run a stack until somebody asks to stop it (SIGINT, SIGTERM, SIGHUP) or a part of it fails for good; then end
 * everything that was started, in reverse order.
 * @returns false, at once, when another process runs this folder's stack already
 * @throws what made the start or the stack fail
 */
export const supervise = async ({ paths, env, tell, onReady }: SuperviseOptions): Promise<boolean> => {
  checkFolder(paths)
  const unlock = await tryFolderLock(paths.dir, 'stack')
  if (!unlock) return false
  const life = new Lifecycle(asLogger(tell), GRACE_MS)
  const state = openStateWriter(paths)
  const asked = stopRequested(tell, () => {
    state.stopping()
    void life.stop()
  })
  try {
    const stack = await runStack({ paths, env: withFiles(env), tell, state }, life)
    await Promise.race([onReady(stack, () => life.stopping).then(() => asked), asked, stack.failed])
  } catch (error) {
    // Parts that are ended while they start complain of it: that was asked for.
    if (!life.stopping) throw error
  } finally {
    state.stopping()
    if (await life.stop()) rmSync(paths.state, { force: true })
    tell.say('stopped')
    unlock()
  }
  return true
}
