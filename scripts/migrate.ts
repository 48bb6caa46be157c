import type { Command } from 'commander'
import type { MigrationStatus } from '../infra/postgres/migrate.ts'
import { UsageError } from './exit-code.ts'
import { print, say } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'
import { asLogger } from './stack/tell.ts'

interface MigrateOptions {
  readonly contract?: boolean
  readonly status?: boolean
  readonly json?: boolean
}

const WAITING = 'wait until no process of an older release is left: ./muster migrate --contract'

const sayStatus = ({ missing, changed, contractsWaiting }: MigrationStatus): void => {
  if (missing.length > 0) say(`database: missing ${missing.join(', ')}: ./muster migrate`)
  if (changed.length > 0) say(`database: changed since they were applied: ${changed.join(', ')}`)
  if (contractsWaiting.length > 0) say(`database: ${contractsWaiting.join(', ')} ${WAITING}`)
  if (missing.length + changed.length + contractsWaiting.length === 0) say('database: current')
}

const showStatus = async (url: string, json: boolean): Promise<void> => {
  const { migrationStatus } = await import('../infra/postgres/migrate.ts')
  const status = await migrationStatus(url)
  if (json) print(JSON.stringify(status, null, 2))
  else sayStatus(status)
}

const migrateDatabase = async (url: string, contract: boolean): Promise<void> => {
  const { migrate, migrationStatus } = await import('../infra/postgres/migrate.ts')
  if (contract) say('database: looking for processes of older releases for a minute')
  const applied = await migrate(url, asLogger({ say, warn: say }), { contract: contract ? 'now' : 'when-fresh' })
  say(applied.length === 0 ? 'database: nothing to do' : `database: ${applied.length} applied`)
  const { contractsWaiting } = await migrationStatus(url)
  if (contractsWaiting.length > 0) say(`database: ${contractsWaiting.length} ${WAITING}`)
}

/** `./muster migrate` */
export const registerMigrate = (program: Command): void => {
  program
    .command('migrate')
    .summary('bring the database and the broker to this version')
    .description(
      'Apply the migrations that DATABASE_URL lacks and declare the queues of POOLS in RABBITMQ_URL.\n' +
        'Without them the servers of the last ./muster up are meant. Safe to run again, and twice at once.\n' +
        'What an older release could not work with waits: see docs/operate.md, Upgrades.',
    )
    .option('--contract', 'apply that too, once no process of an older release is connected')
    .option('--status', 'say what is there and what waits, and change nothing')
    .option('--json', 'with --status: for programs')
    .action(async (options: MigrateOptions) => {
      const { setUpBroker } = await import('../infra/rabbitmq/set-up.ts')
      const { DEFAULT_POOLS, parsePools } = await import('../infra/domain/pools.ts')
      const paths = stackFolder(program.opts<{ dir?: string }>().dir)
      const { DATABASE_URL, RABBITMQ_URL, POOLS } = withEnvFile(paths.env, process.env)
      if (!DATABASE_URL && !RABBITMQ_URL) throw new UsageError('set DATABASE_URL or RABBITMQ_URL, or run ./muster up')
      if (options.json && !options.status) throw new UsageError('--json goes with --status')
      if (options.status) {
        if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
        await showStatus(DATABASE_URL, options.json ?? false)
        return
      }
      if (DATABASE_URL) await migrateDatabase(DATABASE_URL, options.contract ?? false)
      if (RABBITMQ_URL) {
        const pools = parsePools(POOLS || DEFAULT_POOLS).map(({ name }) => name)
        await setUpBroker(RABBITMQ_URL, pools)
        say(`broker: queues of ${pools.join(', ')} are there`)
      }
    })
}
