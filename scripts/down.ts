import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { say } from './output.ts'
import { isUp, readStack, SERVICE_NAMES, type StackPaths, stackFolder } from './stack/folder.ts'

/** Longer than the stack's own grace. */
const SUPERVISOR_STOP_MS = 200_000
const SERVICE_STOP_MS = 40_000

/** End what runs under a folder: the stack in its own order, then whatever a killed one left behind. */
const stopStack = async (paths: StackPaths): Promise<readonly string[]> => {
  const { endProcess, isAlive } = await import('../infra/local/process.ts')
  const { stopServers } = await import('../infra/local/servers.ts')
  const stopped: string[] = []
  const stack = readStack(paths)
  if (isUp(stack)) {
    say('stopping the stack: services finish what is in hand')
    await endProcess(stack.supervisor, 'SIGTERM', SUPERVISOR_STOP_MS)
    stopped.push('stack')
  }
  for (const name of SERVICE_NAMES.toReversed()) {
    const left = stack?.services[name]
    if (!isAlive(left)) continue
    await endProcess(left, 'SIGTERM', SERVICE_STOP_MS)
    stopped.push(name)
  }
  if (existsSync(paths.dir)) stopped.push(...(await stopServers(paths.dir)))
  rmSync(paths.state, { force: true })
  return stopped
}

/** Stop the servers that tests keep between runs. */
export const stopTestServers = async (paths: StackPaths): Promise<readonly string[]> => {
  const { stopServers } = await import('../infra/local/servers.ts')
  const dir = join(paths.dir, 'test')
  return existsSync(dir) ? (await stopServers(dir)).map((name) => `test ${name}`) : []
}

/** `./muster down` */
export const registerDown = (program: Command): void => {
  program
    .command('down')
    .summary('stop everything that up started; data stays')
    .description('Stop the stack, its servers and those that tests keep running. Data, keys and models stay.')
    .action(async () => {
      const paths = stackFolder(program.opts<{ dir?: string }>().dir)
      const stopped = [...(await stopStack(paths)), ...(await stopTestServers(paths))]
      say(stopped.length === 0 ? 'nothing was running' : `stopped: ${stopped.join(', ')}`)
    })
}
