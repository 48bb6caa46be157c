import type { Command } from 'commander'
import { NothingThereError, UsageError } from '../exit-code.ts'
import { print, table } from '../output.ts'
import { withEnvFile } from '../stack/env-file.ts'
import { stackFolder } from '../stack/folder.ts'

/** `./muster models thresholds <digest>` */
export const registerModelsThresholds = (models: Command, program: Command): void => {
  models
    .command('thresholds')
    .summary('the thresholds a result was decided with')
    .argument('<digest>', '`thresholdSet` of the job')
    .option('--json', 'for programs')
    .action(async (digest: string, { json }: { readonly json?: boolean }) => {
      const { DATABASE_URL } = withEnvFile(stackFolder(program.opts<{ dir?: string }>().dir).env, process.env)
      if (!DATABASE_URL) throw new UsageError('set DATABASE_URL, or run ./muster up')
      const { openPool } = await import('../../infra/postgres/pool.ts')
      const { createModelCatalog } = await import('../../infra/postgres/model-catalog.ts')
      const database = openPool({ url: DATABASE_URL, maxCount: 1 })
      try {
        const set = await createModelCatalog(database).thresholds(digest)
        if (!set) throw new NothingThereError('no worker has decided with such a set')
        const rows = Object.entries(set.thresholds).flatMap(([group, all]) =>
          Object.entries(all).map(([name, value]) => [set.task, group, name, String(value)]),
        )
        print(json ? JSON.stringify(set, null, 2) : table([['TASK', 'OF', 'NAME', 'VALUE'], ...rows]))
      } finally {
        await database.end()
      }
    })
}
