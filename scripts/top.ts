import type { Command } from 'commander'
import { print } from './output.ts'

interface TopFlags {
  readonly once?: boolean
  readonly json?: boolean
}

const EVERY_MS = 2_000
/** As wide as it gets: files and pipes have no edge. */
const PAPER = { columns: 200, rows: 10_000, chosen: 0, open: false, keys: false } as const

const run = async (program: Command, { once, json }: TopFlags): Promise<void> => {
  const { withFleet } = await import('./fleet-database.ts')
  const { readFacts } = await import('./top/facts.ts')
  const live = !once && !json && process.stdout.isTTY && process.stdin.isTTY
  await withFleet(program, [], async (fleet) => {
    const read = () => readFacts(fleet, Date.now())
    if (live) {
      const { openScreen } = await import('./top/screen.ts')
      const { watchFleet } = await import('./top/watch-fleet.ts')
      const open = (events: Parameters<typeof openScreen>[2]) => openScreen(process.stdin, process.stdout, events)
      return watchFleet({ read, open, now: Date.now, everyMs: EVERY_MS })
    }
    const facts = await read()
    if (json) return print(JSON.stringify(facts, null, 2))
    const { frame } = await import('./top/frame.ts')
    const { toAnsi, toPlain } = await import('./top/line.ts')
    const { isTTY, columns = PAPER.columns } = process.stdout
    const lines = frame(facts, undefined, { ...PAPER, columns })
    print(lines.map(isTTY && !process.env.NO_COLOR ? toAnsi : toPlain).join('\n'))
  })
}

/** `./muster top` */
export const registerTop = (program: Command): void => {
  program
    .command('top')
    .summary('watch all pools: rates, nodes, queue, waits against 3 s, and which hop holds jobs up')
    .description(
      'A live picture, new every two seconds, of what HTTP and the console show too. Read from the database alone. Rates are of the\n' +
        'last whole minute, waits and hops of the last five. Without a terminal, or with --once, it is one picture.',
    )
    .option('--once', 'one picture')
    .option('--json', 'the facts of one picture, for programs')
    .action((flags: TopFlags) => run(program, flags))
}
