import type { Command } from 'commander'
import { EXIT } from './exit-code.ts'
import type { NodeReport } from './node/read-node.ts'
import { print, say, table } from './output.ts'
import { isUp, readStack, SERVICE_NAMES, type StackPaths, type StackState, stackFolder } from './stack/folder.ts'

interface Part {
  readonly name: string
  readonly state: string
  readonly pid: number | null
  readonly port: number | null
}

/** What `--json` prints. Public: members are added, never renamed. */
export interface Status {
  readonly state: 'running' | 'starting' | 'stopping' | 'degraded' | 'stopped'
  readonly url: string | null
  readonly pid: number | null
  readonly parts: readonly Part[]
  /** what the node supervisor says of its devices and its numbers of workers; null = it does not answer */
  readonly node: NodeReport | null
}

const READY_TIMEOUT_MS = 2_000

const isReady = async (url: string): Promise<boolean> => {
  const answer = await fetch(url, { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}

const serviceParts = async (stack: StackState | undefined): Promise<readonly Part[]> => {
  const { isAlive } = await import('../infra/local/process.ts')
  return Promise.all(
    SERVICE_NAMES.map(async (name) => {
      const ref = stack?.services[name]
      if (!isAlive(ref)) return { name, state: 'stopped', pid: null, port: null }
      const url = stack?.readyUrls?.[name]
      const state = url !== undefined && (await isReady(url)) ? 'running' : 'not ready'
      return { name, state, pid: ref.pid, port: url === undefined ? null : Number(new URL(url).port) }
    }),
  )
}

const reportOf = async (url: string | undefined): Promise<NodeReport | null> => {
  const { readNode } = await import('./node/read-node.ts')
  return (url !== undefined && (await readNode(url))) || null
}

/** How every part of a stack is. */
export const readStatus = async (paths: StackPaths): Promise<Status> => {
  const { inspectServers } = await import('../infra/local/servers.ts')
  const stack = readStack(paths)
  const up = isUp(stack)
  const servers = await inspectServers(paths.dir)
  const parts: Part[] = [
    ...(await serviceParts(stack)),
    ...servers.map((server) =>
      up && !stack.servers.includes(server.name) ? { ...server, state: 'given by URL', pid: null, port: null } : server,
    ),
  ]
  const node = up ? await reportOf(stack.readyUrls?.worker) : null
  const base = { url: stack?.url ?? null, pid: up ? stack.supervisor.pid : null, parts, node }
  const well = parts.every(({ state }) => state === 'running' || state === 'given by URL')
  if (up && stack.phase !== 'ready') return { state: stack.phase, ...base }
  if (up) return { state: well ? 'running' : 'degraded', ...base }
  return { state: parts.some(({ pid }) => pid !== null) ? 'degraded' : 'stopped', ...base, url: null }
}

const ADVICE: Readonly<Record<Status['state'], string>> = {
  running: './muster logs -f follows it, ./muster down stops it',
  starting: './muster logs stack shows how far it is',
  stopping: 'it ends by itself',
  degraded: './muster logs shows why; ./muster down ends what is left',
  stopped: './muster up starts it',
}

/** `./muster status` */
export const registerStatus = (program: Command): void => {
  program
    .command('status')
    .summary('what runs, where, and whether it answers')
    .description('Show every part of the stack. Exit code 0 when everything answers, 5 when something does not.')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: boolean }) => {
      const status = await readStatus(stackFolder(program.opts<{ dir?: string }>().dir))
      if (json) print(JSON.stringify(status, null, 2))
      else {
        print(`${status.state}${status.url ? `  ${status.url}` : ''}`)
        const cell = (value: number | null) => String(value ?? '-')
        const rows = status.parts.map(({ name, state, pid, port }) => [name, state, cell(pid), cell(port)])
        print(table([['PART', 'STATE', 'PID', 'PORT'], ...rows]))
        const { nodeInWords } = await import('./node/read-node.ts')
        for (const line of status.node ? nodeInWords(status.node) : []) print(line)
        say(`\n${ADVICE[status.state]}`)
      }
      process.exitCode = status.state === 'running' ? EXIT.ok : EXIT.unavailable
    })
}
