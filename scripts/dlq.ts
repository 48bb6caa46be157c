import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { ManageDeadLetters, Redriven, Selection } from '../infra/dead-letters/redrive.ts'
import { REDRIVEN_WORDS } from '../infra/dead-letters/words.ts'
import type { DeadLetter, DeadLetters } from '../infra/ports/dead-letters.ts'
import { EXIT, NothingThereError, UsageError } from './exit-code.ts'
import { print, say, sayGood, table } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

const DEFAULT_LIMIT = 100
/** Held in memory at once. */
const SHOW_LIMIT = 10_000
const REASONS: readonly DeadLetter['reason'][] = ['exhausted', 'missing', 'unreadable', 'undelivered']

interface Opened {
  readonly deadLetters: DeadLetters
  readonly manage: ManageDeadLetters
}

const withDeadLetters = async <T>(program: Command, work: (opened: Opened) => Promise<T>): Promise<T> => {
  const env = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  const { DATABASE_URL, RABBITMQ_URL } = env
  if (!DATABASE_URL || !RABBITMQ_URL) throw new UsageError('set DATABASE_URL and RABBITMQ_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const { createJobReopener } = await import('../infra/postgres/reopen.ts')
  const { openDeadLetters } = await import('../infra/rabbitmq/dead-letters.ts')
  const { createManageDeadLetters } = await import('../infra/dead-letters/redrive.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1, maxTenantCount: 1 })
  try {
    const deadLetters = await openDeadLetters(RABBITMQ_URL)
    try {
      const deps = { deadLetters, reopener: createJobReopener(pool), audit: createAuditLog(pool) }
      return await work({ deadLetters, manage: createManageDeadLetters(deps, deadlinesOf(env)) })
    } finally {
      await deadLetters.close()
    }
  } finally {
    await pool.end()
  }
}

/** As the api has them, and its defaults. */
const deadlinesOf = (env: Readonly<Record<string, string | undefined>>) => ({
  interactive: Number(env.API_DEADLINE_INTERACTIVE_MS) || 60_000,
  bulk: Number(env.API_DEADLINE_BULK_MS) || 3_600_000,
})

const operator = () => ({ actor: `cli:${userInfo().username}`, channel: 'cli' }) as const

const instant = (epochMs: number | undefined): string | null =>
  epochMs === undefined ? null : new Date(epochMs).toISOString()

/** What `--json` prints. Public: members are added, never renamed. */
const toJson = ({ id, job, reason, pool, diedAt, bytes }: DeadLetter) => ({
  id,
  reason,
  pool: pool ?? null,
  diedAt: instant(diedAt),
  job: job ?? null,
  bytes,
})

const HEADER = ['ID', 'REASON', 'POOL', 'TASK', 'TENANT', 'DIED AT']
const toRow = ({ id, reason, pool, job, diedAt }: DeadLetter): readonly string[] => [
  ...[id, reason, pool ?? '-', job?.task ?? '-', job?.tenant ?? '-'],
  instant(diedAt) ?? '-',
]

/**
 * Which dead letters a command line means.
 * @throws UsageError when it names none, or in two ways
 */
export const parseSelection = (
  id: string | undefined,
  { all, reason }: { readonly all?: boolean; readonly reason?: string },
): Selection => {
  if ([id !== undefined, all === true, reason !== undefined].filter(Boolean).length !== 1)
    throw new UsageError('name one id, --all, or --reason')
  const known = REASONS.find((one) => one === reason)
  if (reason !== undefined && known === undefined) throw new UsageError(`--reason takes ${REASONS.join(', ')}`)
  return { ...(id !== undefined && { ids: [id] }), ...(known !== undefined && { reason: known }) }
}

const report = (done: readonly Redriven[], { ids }: Selection, json: boolean | undefined): void => {
  if (done.length === 0 && ids !== undefined) throw new NothingThereError('there is no such dead letter')
  if (json)
    print(
      JSON.stringify(
        done.map(({ letter, outcome }) => ({ ...toJson(letter), outcome })),
        null,
        2,
      ),
    )
  else for (const { letter, outcome } of done) print(`${letter.id}  ${REDRIVEN_WORDS[outcome]}`)
  const left = done.filter(({ outcome }) => REDRIVEN_WORDS[outcome].startsWith('stays')).length
  if (left > 0) say(`${left} stay; ./muster dlq purge <id> removes one`)
  else sayGood(done.length === 0 ? 'there are none' : `${done.length} done`)
  process.exitCode = left > 0 ? EXIT.failed : EXIT.ok
}

const registerLooking = (dlq: Command, program: Command): void => {
  dlq
    .command('list')
    .summary('what was given up, oldest first')
    .option('--limit <count>', 'at most', String(DEFAULT_LIMIT))
    .option('--json', 'for programs')
    .action(async ({ limit, json }: { limit: string; json?: boolean }) => {
      const count = Number(limit)
      if (!Number.isSafeInteger(count) || count < 1) throw new UsageError('--limit takes a number over 0')
      const letters = await withDeadLetters(program, ({ deadLetters }) => deadLetters.list(count))
      if (json) print(JSON.stringify(letters.map(toJson), null, 2))
      else if (letters.length > 0) print(table([HEADER, ...letters.map(toRow)]))
      else sayGood('there are none')
      if (letters.length > 0) say('./muster dlq redrive <id> tries a job again')
    })
  dlq
    .command('show')
    .summary('one of them')
    .argument('<id>', 'as the list has it')
    .action(async (id: string) => {
      const letters = await withDeadLetters(program, ({ deadLetters }) => deadLetters.list(SHOW_LIMIT))
      const found = letters.filter((letter) => letter.id === id)
      if (found.length === 0) throw new NothingThereError('there is no such dead letter')
      print(JSON.stringify(found.map(toJson), null, 2))
    })
}

const registerDoing = (dlq: Command, program: Command): void => {
  dlq
    .command('redrive')
    .summary('try jobs again that were given up')
    .description(
      'The job is queued again with its attempts anew and a new deadline; the letter goes. Only jobs that the service\n' +
        'gave up, and whose pictures are still there. Exit code 1 when a letter stays.',
    )
    .argument('[id]', 'as the list has it')
    .option('--all', 'every one')
    .option('--reason <reason>', REASONS.join(', '))
    .option('-n, --dry-run', 'say what would be done')
    .option('--json', 'for programs')
    .action(
      async (id: string | undefined, options: { all?: boolean; reason?: string; dryRun?: boolean; json?: boolean }) => {
        const selection = parseSelection(id, options)
        const redrive = ({ manage }: Opened) => manage.redrive(operator(), selection, options.dryRun === true)
        report(await withDeadLetters(program, redrive), selection, options.json)
      },
    )
  dlq
    .command('purge')
    .summary('remove one; its job stays as it is')
    .argument('<id>', 'as the list has it')
    .option('--json', 'for programs')
    .action(async (id: string, { json }: { json?: boolean }) => {
      report(
        await withDeadLetters(program, ({ manage }) => manage.purge(operator(), { ids: [id] })),
        { ids: [id] },
        json,
      )
    })
}

/** `./muster dlq list|show|redrive|purge` */
export const registerDlq = (program: Command): void => {
  const dlq = program.command('dlq').summary('dead letters: jobs that were given up, to look at and to try again')
  registerLooking(dlq, program)
  registerDoing(dlq, program)
}
