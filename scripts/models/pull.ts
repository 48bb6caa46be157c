import type { Command } from 'commander'
import type { SignedModel } from '../../infra/ports/model-store.ts'
import { NothingThereError, UsageError } from '../exit-code.ts'
import { sayGood } from '../output.ts'
import {
  type PublishedModels,
  type PublishedOptions,
  parseWanted,
  withPublished,
  withPublishedOptions,
} from './published.ts'
import { bytesOf, inMegabytes } from './sizes.ts'

interface PullOptions extends PublishedOptions {
  readonly to?: string
}

const ofLatestSet = async (published: PublishedModels): Promise<readonly SignedModel[]> => {
  const latest = await published.latestSet()
  if (!latest) throw new NothingThereError('no set is published: ./muster models use')
  const models: SignedModel[] = []
  for (const { name, version, manifest } of latest.set.roles) {
    const signed = await published.manifest(name, version)
    if (signed.digest !== manifest) throw new UsageError(`${name}@${version} is not the one that the set names`)
    models.push(signed)
  }
  return models
}

const pull = async (published: PublishedModels, wanted: readonly string[], to: string) => {
  const { pullModels } = await import('../../infra/model-store/pull.ts')
  const models: SignedModel[] = []
  for (const text of wanted) {
    const { name, version } = await parseWanted(text)
    models.push(await published.manifest(name, version))
  }
  const chosen = wanted.length > 0 ? models : await ofLatestSet(published)
  const roles = chosen.map(({ manifest }) => manifest.role)
  if (new Set(roles).size < roles.length) throw new UsageError('a models directory holds one model for each role')
  const fetched = await pullModels({ blobs: published.blobs, isLate: () => false }, chosen, to)
  return {
    count: chosen.length,
    bytes: chosen.reduce((sum, { manifest }) => sum + bytesOf(manifest.files), 0),
    fetched,
  }
}

/** `./muster models pull` */
export const registerModelsPull = (models: Command, program: Command): void => {
  const command = models
    .command('pull')
    .summary('fetch published models into a folder')
    .description(
      'Fetch versions, or the latest set, verified, into a models directory: for an image, a disk, or MODELS_DIR.',
    )
    .argument('[name@version...]', 'these; the latest set unless told')
    .option('--to <folder>', 'where to put them (required)')
  withPublishedOptions(command).action(async (wanted: string[], options: PullOptions) => {
    // An option that `models` has too is taken by it, wherever it stands.
    const to = options.to ?? models.opts<{ to?: string }>().to
    if (to === undefined) throw new UsageError('say where to put them: --to <folder>')
    const done = await withPublished(program, options, (published) => pull(published, wanted, to))
    sayGood(`${to}: ${done.count} models, ${inMegabytes(done.bytes)}, of which ${inMegabytes(done.fetched)} fetched`)
  })
}
