import { userInfo } from 'node:os'
import { Argument, type Command, Option } from 'commander'
import { DRIFT_CUTS } from '../infra/domain/drift-evaluation.ts'
import { TASK_NAMES, type TaskName } from '../infra/domain/task.ts'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { DriftStore } from '../infra/ports/drift-store.ts'
import { NothingThereError, UsageError } from './exit-code.ts'
import { print, say, sayGood } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'
import { parseMoment } from './webhooks.ts'

interface DriftFlags {
  readonly task?: TaskName
  readonly by?: string
  readonly signal?: string
  readonly json?: boolean
}

const withDrift = async <T>(program: Command, work: (store: DriftStore, audit: AuditLog) => Promise<T>): Promise<T> => {
  const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
  if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createDriftStore } = await import('../infra/postgres/drift-store.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const pool = openPool({ url: DATABASE_URL, maxCount: 1 })
  try {
    return await work(createDriftStore(pool), createAuditLog(pool))
  } finally {
    await pool.end()
  }
}

const tellDrift = async (program: Command, { task, by, signal, json }: DriftFlags): Promise<void> => {
  const { readDrift } = await import('../autoscaler/drift/read-drift.ts')
  const all = await withDrift(program, (store) => readDrift(store, Date.now()))
  const signals = all.signals.filter(
    (one) => (task === undefined || one.task === task) && (signal === undefined || one.signal === signal),
  )
  if (signals.length === 0) throw new UsageError('there is no such signal: ./muster drift lists them')
  if (json) {
    const { toDriftResource } = await import('../autoscaler/routes/drift.ts')
    return print(JSON.stringify(toDriftResource({ ...all, signals }, { by }), null, 2))
  }
  const { driftTable, signalTable } = await import('./drift/report.ts')
  const shown = signals.map((one) => ({ ...one, cuts: one.cuts.filter((cut) => by === undefined || cut.by === by) }))
  print(signal === undefined ? driftTable({ ...all, signals: shown }) : shown.map(signalTable).join('\n\n'))
}

const useReferences = async <T>(
  program: Command,
  work: (
    references: ReturnType<typeof import('../autoscaler/drift/references.ts')['createDriftReferences']>,
  ) => Promise<T>,
): Promise<T> => {
  const { createDriftReferences, ReferenceInvalidError, ReferenceNotFoundError } = await import(
    '../autoscaler/drift/references.ts'
  )
  const { systemClock: clock } = await import('../infra/runtime/clock.ts')
  try {
    return await withDrift(program, (store, audit) => work(createDriftReferences({ store, audit, clock })))
  } catch (error) {
    if (error instanceof ReferenceInvalidError) throw new UsageError(`the reference: ${error.message}`)
    if (error instanceof ReferenceNotFoundError) throw new NothingThereError(error.message)
    throw error
  }
}

const WEEK_MS = 7 * 86_400_000
const operator = () => ({ actor: `cli:${userInfo().username}`, channel: 'cli' }) as const
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const REASON = /^[^\u0000-\u001f\u007f-\u009f]{1,300}$/

const registerReferences = (drift: Command, program: Command): void => {
  const which = () => new Argument('<task>', 'of which').choices(TASK_NAMES)
  drift
    .command('pin')
    .summary('compare a task with a time that you name, after a change that is wanted')
    .addArgument(which())
    .option('--from <moment>', 'now unless told: 7d ago, a date or an instant', '0m')
    .option('--until <moment>', 'a week after that unless told')
    .requiredOption('--reason <text>', 'it is kept in the audit trail')
    .action(async (task: TaskName, flags: { from: string; until?: string; reason: string }) => {
      if (!REASON.test(flags.reason)) throw new UsageError('--reason takes 1 to 300 characters on one line')
      const now = Date.now()
      const from = parseMoment(flags.from, now)
      const until = flags.until === undefined ? from + WEEK_MS : parseMoment(flags.until, now)
      const pin = { task, from, until, reason: flags.reason }
      await useReferences(program, (references) => references.pin(pin, operator()))
      sayGood('pinned until it is unpinned')
    })
  drift
    .command('unpin')
    .summary('compare it with the weeks before again')
    .addArgument(which())
    .action(async (task: TaskName) => {
      await useReferences(program, (references) => references.unpin(task, operator()))
      sayGood('unpinned')
    })
}

/** A day's checks and tenants of the normal weeks. */
const WEEKS = [
  [2_000_000, 20],
  [200_000, 50],
  [20_000, 20],
  [2_000, 10],
] as const

const simulate = async (seed: number): Promise<void> => {
  const { normalWeek, play, SCENARIOS } = await import('./drift/scenarios.ts')
  const { scenariosTable, weeksTable } = await import('./drift/report.ts')
  const weeks = []
  for (const [checksPerDay, tenantCount] of WEEKS) {
    say(`a normal week of ${checksPerDay} checks a day`)
    weeks.push(await normalWeek({ seed, tenantCount, checksPerDay }, 2))
  }
  print(weeksTable(weeks))
  for (const checksPerDay of [2_000_000, 20_000]) {
    const outcomes = []
    for (const scenario of SCENARIOS) {
      say(`${scenario.name}, at ${checksPerDay} checks a day`)
      outcomes.push(await play(scenario, { seed, tenantCount: 20, checksPerDay }))
    }
    print(`\n${scenariosTable(checksPerDay, outcomes)}`)
  }
}

/** `./muster drift [pin|unpin|simulate]` */
export const registerDrift = (program: Command): void => {
  const drift = program
    .command('drift')
    .summary('whether scores, qualities and outcomes are distributed as they were')
    .description(
      'Distributions of the last hours against those of the same hours of the weeks before, by task, model, tenant and SDK.\n' +
        'Read from the database alone. docs/drift.md says what is counted, what an index means, and what to do about one.',
    )
    .addOption(new Option('--task <task>', 'of one task').choices(TASK_NAMES))
    .option('--signal <name>', 'one signal, by its bins and parts')
    .addOption(new Option('--by <kind>', 'parts of one kind').choices(DRIFT_CUTS))
    .option('--json', 'for programs')
    .action((flags: DriftFlags) => tellDrift(program, flags))
  registerReferences(drift, program)
  drift
    .command('simulate')
    .summary('what made-up weeks raise: false alarms of normal ones, and how soon others are seen')
    .option('--seed <number>', 'another one, other traffic', '1')
    .action(({ seed }: { seed: string }) => {
      if (!/^\d{1,9}$/.test(seed)) throw new UsageError('--seed takes a whole number')
      return simulate(Number(seed))
    })
}
