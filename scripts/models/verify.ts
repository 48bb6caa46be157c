import type { Command } from 'commander'
import type { SignedModel } from '../../infra/ports/model-store.ts'
import { EXIT } from '../exit-code.ts'
import { print, sayGood, sayLoud, table } from '../output.ts'
import {
  type PublishedModels,
  type PublishedOptions,
  parseWanted,
  withPublished,
  withPublishedOptions,
} from './published.ts'
import { bytesOf, inMegabytes } from './sizes.ts'

interface VerifyOptions extends PublishedOptions {
  readonly json?: boolean
}

interface Verdict {
  readonly model: string
  readonly bytes: number
  readonly problem: string | null
}

const verdictOn = async (published: PublishedModels, name: string, version: string): Promise<Verdict> => {
  const { findDamaged } = await import('../../infra/model-store/verify.ts')
  const { AppError } = await import('../../infra/domain/errors.ts')
  const model = `${name}@${version}`
  let signed: SignedModel
  try {
    signed = await published.manifest(name, version)
  } catch (error) {
    if (!(error instanceof AppError) || error.retryable) throw error
    return { model, bytes: 0, problem: error.message }
  }
  const damaged = await findDamaged(published.blobs, signed.manifest.files)
  const problem = damaged.length === 0 ? null : `damaged in storage: ${damaged.join(', ')}`
  return { model, bytes: bytesOf(signed.manifest.files), problem }
}

const verify = async (published: PublishedModels, wanted: readonly string[]): Promise<readonly Verdict[]> => {
  const named = await Promise.all(wanted.map(parseWanted))
  const verdicts: Verdict[] = []
  for (const { name, version } of wanted.length > 0 ? named : await published.list())
    verdicts.push(await verdictOn(published, name, version))
  for (const found of wanted.length > 0 ? [] : await published.sets())
    if ('problem' in found) verdicts.push({ model: `set ${found.sequence}`, bytes: 0, problem: found.problem })
  return verdicts
}

/** `./muster models verify` */
export const registerModelsVerify = (models: Command, program: Command): void => {
  const command = models
    .command('verify')
    .summary('are published models what was signed?')
    .description(
      'Check the signature and read every byte of published versions. Exit code 1 when one is not what was signed.',
    )
    .argument('[name@version...]', 'these; all of them, and the sets, unless told')
    .option('--json', 'for programs')
  withPublishedOptions(command).action(async (wanted: string[], options: VerifyOptions) => {
    const verdicts = await withPublished(program, options, (published) => verify(published, wanted))
    const wrong = verdicts.filter(({ problem }) => problem !== null)
    if (options.json) print(JSON.stringify(verdicts, undefined, 2))
    else print(table(verdicts.map(({ model, bytes, problem }) => [model, inMegabytes(bytes), problem ?? 'as signed'])))
    if (wrong.length > 0) sayLoud(`${wrong.length} of ${verdicts.length} are not what was signed`)
    else sayGood(`${verdicts.length} are what was signed`)
    process.exitCode = wrong.length > 0 ? EXIT.failed : EXIT.ok
  })
}
