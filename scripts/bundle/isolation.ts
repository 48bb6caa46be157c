import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BundleUnavailableError } from './errors.ts'
import type { LeaveCounts } from './network-counters.ts'

/** What was seen of a command that ran without a network. */
export interface Isolated {
  readonly code: number | null
  readonly signal: string | null
  /** the routes it had: none */
  readonly routes: string
  /** names it asked a name server for */
  readonly names: readonly string[]
  /** packets and connections that wanted out */
  readonly left: LeaveCounts
}

/** Root makes namespaces; everybody else needs one of users first, in which he keeps his name. */
const unshareArgs = (): readonly string[] =>
  process.getuid?.() === 0
    ? ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
    : ['--map-current-user', '--keep-caps', '--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']

/**
 * Run a command in a network namespace that has loopback and no route, and see what it does: a name server on loopback
 * writes down every question, and the kernel counts every packet and connection that has no way out. All it starts ends with it.
 * @param env the whole environment of the command
 * @param onOutput the command's output as it comes
 * @throws BundleUnavailableError when this user may not make namespaces, or `ip` or `unshare` is missing
 */
export const runIsolated = async (
  command: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  onOutput: (text: string) => void,
): Promise<Isolated> => {
  const scratch = mkdtempSync(join(tmpdir(), 'muster-isolated-'))
  const [report, resolver] = [join(scratch, 'report.json'), join(scratch, 'resolv.conf')]
  writeFileSync(resolver, 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
  const watcher = join(import.meta.dirname, 'watch-network.ts')
  try {
    const inside = [process.execPath, watcher, report, resolver, ...command]
    const child = spawn('unshare', [...unshareArgs(), ...inside], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    const said: string[] = []
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said.push(text)
        onOutput(text)
      })
    const [code] = await once(child, 'close').catch((error: Error) => [error.message])
    try {
      return JSON.parse(readFileSync(report, 'utf8')) as Isolated
    } catch (error) {
      const words = said.join('').trim().split('\n').at(-1) || `unshare ended with ${code}`
      throw new BundleUnavailableError(
        `no network namespace could be made here, so nothing can be shown: ${words} (needs root or unprivileged user namespaces, and Debian’s iproute2)`,
        { cause: error },
      )
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
