import type { Command } from 'commander'
import type { Finding } from '../infra/doctor/finding.ts'
import type { Env } from './doctor/env.ts'
import type { Examination } from './doctor/examine.ts'
import { EXIT } from './exit-code.ts'
import { print, say, sayGood, sayLoud, table } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'

interface DoctorOptions {
  readonly json?: boolean
  readonly repair?: boolean
  readonly migrate?: boolean
  readonly offline?: boolean
}

const HEADER = ['CHECK', 'STATE', 'DETAIL', 'FIX']
const toRow = ({ check, state, detail, fix = '' }: Finding): readonly string[] => [check, state, detail, fix]

const isWrong = ({ state }: Finding): boolean => state === 'problem'

const runRepairs = async (before: Examination, env: Env): Promise<readonly string[]> => {
  const { openPool } = await import('../infra/postgres/pool.ts')
  const { createAuditLog } = await import('../infra/postgres/audit-log.ts')
  const { repair } = await import('./doctor/repair.ts')
  const db = openPool({ url: env.DATABASE_URL ?? '', maxCount: 1 })
  try {
    return await repair(before.findings, env, { db, audit: createAuditLog(db) })
  } finally {
    await db.end()
  }
}

const runMigrations = async ({ DATABASE_URL }: Env): Promise<void> => {
  const { migrate } = await import('../infra/postgres/migrate.ts')
  const { asLogger } = await import('./stack/tell.ts')
  if (DATABASE_URL) await migrate(DATABASE_URL, asLogger({ say, warn: say }))
}

const examineAll = async (env: Env, dir: string, options: DoctorOptions): Promise<Examination> => {
  const { examine, examineOffline } = await import('./doctor/examine.ts')
  if (options.offline) return { findings: await examineOffline(env), unreachable: false }
  if (options.migrate) await runMigrations(env)
  const found = await examine(env, dir)
  if (!options.repair || found.unreachable || found.findings.every(({ state }) => state === 'ok')) return found
  const done = await runRepairs(found, env)
  for (const line of done) sayGood(line)
  return done.length > 0 ? examine(env, dir) : found
}

const exitCodeFor = ({ findings, unreachable }: Examination): number => {
  if (unreachable) return EXIT.unavailable
  return findings.some(isWrong) ? EXIT.failed : EXIT.ok
}

/** `./muster doctor` */
export const registerDoctor = (program: Command): void => {
  program
    .command('doctor')
    .summary('is everything as it should be? what is not, and what to do about it')
    .description(
      'Look at versions, configuration, queues, tables, clocks, disk, storage, keys and jobs. Nothing is changed without --repair.\n' +
        'Exit code 0 all well (warnings allowed), 1 something is wrong, 5 the database or the broker cannot be reached.',
    )
    .option('--json', 'for programs')
    .option('--repair', 'mend what is safe to mend, and say what was done')
    .option('--migrate', 'apply missing migrations first')
    .option('--offline', 'only what can be told without asking a server')
    .action(async (options: DoctorOptions) => {
      const paths = stackFolder(program.opts<{ dir?: string }>().dir)
      const examination = await examineAll(withEnvFile(paths.env, process.env), paths.dir, options)
      const { findings } = examination
      const wrongCount = findings.filter(isWrong).length
      const warningCount = findings.filter(({ state }) => state === 'warning').length
      if (options.json) print(JSON.stringify({ wrongCount, findings }, null, 2))
      else print(table([HEADER, ...findings.map(toRow)]))
      if (examination.unreachable) sayLoud('a server cannot be reached')
      else if (wrongCount > 0) sayLoud(`${wrongCount} findings`)
      else if (warningCount > 0) sayGood(`nothing is wrong; warnings: ${warningCount}`)
      else sayGood('all well')
      process.exitCode = exitCodeFor(examination)
    })
}
