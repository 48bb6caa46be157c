import type { Command } from 'commander'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, sayGood, table } from './output.ts'

interface NodeFlags {
  readonly node?: string
  readonly json?: boolean
}

const ASK_MS = 5_000

/** The node of this machine's stack, unless another is named. @throws UsageError */
const nodeUrl = async ({ node }: NodeFlags, dir: string | undefined): Promise<string> => {
  const [{ withEnvFile }, { stackFolder }] = await Promise.all([
    import('./stack/env-file.ts'),
    import('./stack/folder.ts'),
  ])
  const url = node ?? withEnvFile(stackFolder(dir).env, process.env).NODE_URL
  if (!url) throw new UsageError('which node? NODE_URL, or --node, says where its supervisor listens')
  return url
}

const show = async (flags: NodeFlags, dir: string | undefined): Promise<void> => {
  const { nodeInWords, readNode } = await import('./node/read-node.ts')
  const report = await readNode(await nodeUrl(flags, dir))
  if (!report) throw new NothingThereError('the node does not answer: NODE_URL, or --node, says where it is')
  if (flags.json) return print(JSON.stringify(report, null, 2))
  const rows = Object.entries(report.pools).map(([pool, { desired, ready }]) => [pool, String(desired), String(ready)])
  print(table([['POOL', 'WANTED', 'READY'], ...rows]))
  for (const line of nodeInWords(report)) print(line)
}

const release = async (device: string, flags: NodeFlags, dir: string | undefined): Promise<void> => {
  const token = process.env.NODE_ADMIN_TOKEN
  const answer = await fetch(new URL(`/devices/${encodeURIComponent(device)}/release`, await nodeUrl(flags, dir)), {
    method: 'POST',
    signal: AbortSignal.timeout(ASK_MS),
    headers: { ...(token && { authorization: `Bearer ${token}` }) },
  }).catch(() => undefined)
  if (!answer) throw new NothingThereError('the node does not answer: NODE_URL, or --node, says where it is')
  if (answer.status === 404) throw new NothingThereError(`${device} is not quarantined on this node`)
  if (!answer.ok) throw new UsageError(`the node refuses it (status ${answer.status}): NODE_ADMIN_TOKEN`)
  sayGood(`${device} is trusted again, and its workers start`)
}

/** `./muster node` */
export const registerNode = (program: Command): void => {
  const node = program
    .command('node')
    .summary('the workers of one GPU node')
    .description('Look at a node supervisor, and release a device that it has quarantined. docs/nodes.md says more.')
  const dirOf = () => program.opts<{ dir?: string }>().dir
  node
    .command('show')
    .summary('its pools, quarantined devices, and why it has so many workers')
    .option('--node <url>', "where its supervisor listens; unless told, the stack's own")
    .option('--json', 'for programs')
    .action((flags: NodeFlags) => show(flags, dirOf()))
  node
    .command('release <device>')
    .summary('trust a quarantined device again')
    .description('After the cause is mended: `nvidia-smi` answers, the machine was restarted, the card replaced.')
    .option('--node <url>', "where its supervisor listens; unless told, the stack's own")
    .action((device: string, flags: NodeFlags) => release(device, flags, dirOf()))
}
