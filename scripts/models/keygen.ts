import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from '../exit-code.ts'
import { print, say } from '../output.ts'

/** Written once: a key that is overwritten is lost. */
const writeNew = (path: string, text: string, mode: number): void => {
  try {
    writeFileSync(path, text, { mode, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new UsageError(`${path} is there already, and a key is not overwritten`)
    throw error
  }
}

/** `./muster models keygen` */
export const registerModelsKeygen = (models: Command): void => {
  models
    .command('keygen')
    .summary('make a pair of keys to sign models with')
    .description('Make an Ed25519 pair: models-signing-key.pem (keep it) and models-public-key.pem (hand it out).')
    .option('--out <folder>', 'where to put them', '.')
    .action(async ({ out }: { out: string }) => {
      const { newKeyPair } = await import('../../infra/model-store/signing-keys.ts')
      const { id, privateKey, publicKey } = newKeyPair()
      mkdirSync(out, { recursive: true })
      const [secret, open] = [join(out, 'models-signing-key.pem'), join(out, 'models-public-key.pem')]
      writeNew(secret, privateKey, 0o600)
      writeNew(open, publicKey, 0o644)
      print(id)
      say(`${secret} signs: keep it where models are published, and nowhere else`)
      say(
        `${open} goes to every machine that runs models: MODELS_PUBLIC_KEYS_FILE may hold several, one after the other`,
      )
    })
}
