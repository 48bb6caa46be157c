import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { prepareModels } from '../worker/models/prepare.ts'

export { prepareModels }

/** Where models are prepared when no directory is named, from the project's root. */
export const DEFAULT_MODELS_DIR = '.muster/models'

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const dir = process.argv[2] ?? DEFAULT_MODELS_DIR
  const { prepared, reused } = await prepareModels(dir, (file, what) => console.log(`${what.padEnd(8)} ${file}`))
  console.log(`${dir}: ${prepared.length} files prepared, ${reused.length} verified and left as they were`)
}
