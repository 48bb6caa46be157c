import { relative } from 'node:path'
import type { Command } from 'commander'
import { print, say } from './output.ts'
import { stackFolder } from './stack/folder.ts'

/** `./muster models` */
export const registerModels = (program: Command): void => {
  program
    .command('models')
    .summary('prepare the models, or verify those that are there')
    .description('Convert and verify every model. Files that are there and right are left alone.')
    .option('--to <folder>', 'where to put them; MODELS_DIR or .muster/models unless told')
    .action(async ({ to }: { to?: string }) => {
      const { prepareModels } = await import('./prepare-models.ts')
      const dir = to ?? (process.env.MODELS_DIR || stackFolder(undefined).models)
      const { prepared, reused } = await prepareModels(dir, (file, what) => print(`${what.padEnd(8)}  ${file}`))
      const where = relative(process.cwd(), dir) || dir
      say(`${where}: ${prepared.length} prepared, ${reused.length} verified and left as they were`)
    })
}
