import { relative } from 'node:path'
import type { Command } from 'commander'
import { registerModelsKeygen } from './models/keygen.ts'
import { registerModelsPublish } from './models/publish.ts'
import { registerModelsPull } from './models/pull.ts'
import { registerModelsList, registerModelsShow } from './models/show.ts'
import { registerModelsThresholds } from './models/thresholds.ts'
import { registerModelsUse } from './models/use.ts'
import { registerModelsVerify } from './models/verify.ts'
import { print, say } from './output.ts'
import { stackFolder } from './stack/folder.ts'

/** `./muster models`, and what is below it */
export const registerModels = (program: Command): void => {
  const models = program
    .command('models')
    .summary('prepare the models, or publish and fetch them')
    .description(
      'Convert and verify every model. Files that are there and right are left alone.\n' +
        'The commands below speak of published models: signed versions in object storage (docs/models.md).',
    )
    .option('--to <folder>', 'where to put them; MODELS_DIR or .muster/models unless told')
    .action(async ({ to }: { to?: string }) => {
      const { prepareModels } = await import('./prepare-models.ts')
      const dir = to ?? (process.env.MODELS_DIR || stackFolder(undefined).models)
      const { prepared, reused } = await prepareModels(dir, (file, what) => print(`${what.padEnd(8)}  ${file}`))
      const where = relative(process.cwd(), dir) || dir
      say(`${where}: ${prepared.length} prepared, ${reused.length} verified and left as they were`)
    })
  registerModelsKeygen(models)
  registerModelsPublish(models, program)
  registerModelsList(models, program)
  registerModelsShow(models, program)
  registerModelsVerify(models, program)
  registerModelsUse(models, program)
  registerModelsPull(models, program)
  registerModelsThresholds(models, program)
}
