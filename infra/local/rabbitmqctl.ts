import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { UnavailableError } from '../domain/errors.ts'
import { RABBITMQ_PROGRAMS, rabbitmqEnv } from './rabbitmq.ts'
import type { ServerState } from './server-kind.ts'
import { readState } from './state-file.ts'

const run = promisify(execFile)
/** It starts an Erlang VM of its own, which takes a second, or half a minute where many programs want the processors. */
const TIMEOUT_MS = 120_000

/**
 * Run `rabbitmqctl` against the private broker of a stack.
 * @param dir the stack's folder
 * @returns what it printed
 * @throws UnavailableError when there is no such broker or the command failed
 */
export const rabbitmqctl = async (dir: string, args: readonly string[]): Promise<string> => {
  const site = join(dir, 'rabbitmq')
  const state = readState<ServerState>(join(site, 'server.json'))
  if (!state) throw new UnavailableError('rabbitmq', new Error('it was never started here'))
  try {
    const { stdout } = await run(join(RABBITMQ_PROGRAMS, 'rabbitmqctl'), ['-q', ...args], {
      env: rabbitmqEnv(site, state),
      cwd: site,
      timeout: TIMEOUT_MS,
      // Told politely it ends in order, with 0: as if it had done what it was asked for.
      killSignal: 'SIGKILL',
    })
    return stdout
  } catch (error) {
    throw new UnavailableError('rabbitmq', error)
  }
}

/** A virtual host of its own: queues and exchanges no other user of the broker sees. */
export const addVhost = async (dir: string, vhost: string): Promise<void> => {
  await rabbitmqctl(dir, ['add_vhost', vhost])
  await rabbitmqctl(dir, ['set_permissions', '-p', vhost, 'muster', '.*', '.*', '.*'])
}

/** With everything in it. */
export const deleteVhost = async (dir: string, vhost: string): Promise<void> => {
  await rabbitmqctl(dir, ['delete_vhost', vhost])
}
