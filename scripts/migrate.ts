import type { Command } from 'commander'
import { UsageError } from './exit-code.ts'
import { say } from './output.ts'
import { withEnvFile } from './stack/env-file.ts'
import { stackFolder } from './stack/folder.ts'
import { asLogger } from './stack/tell.ts'

/** `./muster migrate` */
export const registerMigrate = (program: Command): void => {
  program
    .command('migrate')
    .summary('bring the database and the broker to this version')
    .description(
      'Apply the migrations that DATABASE_URL lacks and declare the queues of POOLS in RABBITMQ_URL.\n' +
        'Without them the servers of the last ./muster up are meant. Safe to run again, and twice at once.',
    )
    .action(async () => {
      const { migrate } = await import('../infra/postgres/migrate.ts')
      const { setUpBroker } = await import('../infra/rabbitmq/set-up.ts')
      const { DEFAULT_POOLS, parsePools } = await import('../infra/domain/pools.ts')
      const paths = stackFolder(program.opts<{ dir?: string }>().dir)
      const { DATABASE_URL, RABBITMQ_URL, POOLS } = withEnvFile(paths.env, process.env)
      if (!DATABASE_URL && !RABBITMQ_URL) throw new UsageError('set DATABASE_URL or RABBITMQ_URL, or run ./muster up')
      if (DATABASE_URL) {
        const applied = await migrate(DATABASE_URL, asLogger({ say, warn: say }))
        say(applied.length === 0 ? 'database: nothing to do' : `database: ${applied.length} applied`)
      }
      if (RABBITMQ_URL) {
        const pools = parsePools(POOLS || DEFAULT_POOLS).map(({ name }) => name)
        await setUpBroker(RABBITMQ_URL, pools)
        say(`broker: queues of ${pools.join(', ')} are there`)
      }
    })
}
