import type { Command } from 'commander'
import { UsageError } from './exit-code.ts'
import { print, say, sayGood } from './output.ts'
import { parsePeriod } from './period.ts'

interface DrainFlags {
  readonly reason: string
  readonly for?: string
  readonly release?: boolean
  readonly force?: boolean
  readonly json?: boolean
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const REASON = /^[^\u0000-\u001f\u007f-\u009f]{1,300}$/

/** How long a drain is to last. @returns undefined = as long as it is unless told @throws UsageError */
export const parseDuration = (text: string | undefined, mostMs: number): number | undefined => {
  if (text === undefined) return undefined
  const ms = parsePeriod(text)
  if (ms === undefined || ms <= 0 || ms > mostMs) throw new UsageError('--for takes 30m, 8h or 3d, at most 30d')
  return ms
}

const run = async (program: Command, node: string, flags: DrainFlags): Promise<void> => {
  const { reason, release, force, json } = flags
  if (!REASON.test(reason)) throw new UsageError('--reason takes 1 to 300 characters on one line')
  if (release && (flags.for !== undefined || force))
    throw new UsageError('--release ends a drain: give no --for and no --force')
  const { operator, withFleet } = await import('./fleet-database.ts')
  const { MAX_DRAIN_MS } = await import('../autoscaler/drains.ts')
  const { toDrainOutcome } = await import('../autoscaler/routes/nodes.ts')
  const durationMs = parseDuration(flags.for, MAX_DRAIN_MS)
  const outcome = await withFleet(program, [], ({ drains }) =>
    release ? drains.release(node, reason, operator()) : drains.drain(node, { reason, durationMs, force }, operator()),
  )
  print(json ? JSON.stringify(toDrainOutcome(outcome), null, 2) : outcome.lines.join('\n'))
  if (!outcome.drain) return
  sayGood('said; the node hears of it within some ten seconds')
  say(`./muster nodes shows how far it is, ./muster drain --release ${node} --reason ... takes it back`)
}

/** `./muster drain` */
export const registerDrain = (program: Command): void => {
  program
    .command('drain')
    .summary('let a machine finish its jobs and do no work for a while')
    .description(
      'Its workers take no more jobs, finish what they have and end; its supervisor stays. It is written to the database: it works\n' +
        'while the autoscaler is away, and holds when the node is started anew. It ends by itself. It is in the audit trail.',
    )
    .argument('<node>', './muster nodes lists them')
    .requiredOption('--reason <text>', 'for whoever wonders later')
    .option(
      '--for <period>',
      '30m, 8h, 3d; 8h unless told; over 24h takes a second person while the wish of the first holds',
    )
    .option('--force', 'it is meant, whatever was said against it: it is in the audit trail')
    .option('--release', 'take it back: its workers start again')
    .option('--json', 'for programs: what HTTP answers')
    .action((node: string, flags: DrainFlags) => run(program, node, flags))
}
