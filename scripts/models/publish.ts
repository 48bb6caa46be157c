import type { Command } from 'commander'
import type { Published } from '../../infra/model-store/publisher.ts'
import type { Model } from '../../worker/models/registry.ts'
import { UsageError } from '../exit-code.ts'
import { print, sayGood, table } from '../output.ts'
import { stackFolder } from '../stack/folder.ts'
import { type PublishedOptions, withPublished, withPublishedOptions } from './published.ts'
import { inMegabytes } from './sizes.ts'

interface PublishOptions extends PublishedOptions {
  readonly key: string
  readonly model?: string
  readonly only?: string[]
  readonly json?: boolean
}

/** The models to publish, verified, and tried: a card that is about another model is found here, not on a node. */
const readModels = async (folder: string, { model, only }: PublishOptions): Promise<readonly Model[]> => {
  const { loadModel, openModels, openOwnModel } = await import('../../worker/models/registry.ts')
  const { createOnnxRuntime } = await import('../../worker/runtimes/onnx.ts')
  const opened = model === undefined ? (await openModels({ dir: folder })).all : [await openOwnModel(model)]
  const wanted = opened.filter(({ card }) => !only || only.includes(card.name))
  if (wanted.length === 0) throw new UsageError('there is no such model in that folder')
  const runtime = await createOnnxRuntime({ devices: ['cpu'], threads: 1 })
  for (const found of wanted) await (await loadModel(runtime, found)).close()
  return wanted
}

const publishAll = async (folder: string, options: PublishOptions, program: Command): Promise<readonly Published[]> => {
  const { readSigningKey } = await import('../../infra/model-store/signing-keys.ts')
  const { createModelPublisher } = await import('../../infra/model-store/publisher.ts')
  const { systemClock } = await import('../../infra/runtime/clock.ts')
  const { packageVersion } = await import('../../worker/models/package-version.ts')
  const key = readSigningKey(options.key)
  const models = await readModels(folder, options)
  const publish = async ({ blobs, trusted }: Parameters<Parameters<typeof withPublished>[2]>[0]) => {
    const publisher = createModelPublisher({ blobs, clock: systemClock }, key, trusted)
    const done: Published[] = []
    for (const model of models) done.push(await publisher.publish(packageVersion(model)))
    return done
  }
  return withPublished(program, options, publish, key)
}

const toJson = ({ manifest: { name, version, role }, digest, known, sentBytes }: Published) => ({
  ...{ name, version, role, digest, sentBytes },
  published: !known,
})

/** `./muster models publish` */
export const registerModelsPublish = (models: Command, program: Command): void => {
  const command = models
    .command('publish')
    .summary('publish models, signed')
    .description(
      'Verify, try, sign and store every model of a folder, or one of your own. A version that is there stays as it is:\n' +
        'the same bytes again do nothing, other bytes are refused. Nothing runs it before `models use`.',
    )
    .argument('[folder]', 'a models directory; MODELS_DIR or .muster/models unless told')
    .requiredOption('--key <file>', 'the private key that signs')
    .option('--model <file>', 'one model of your own, with its card beside it as <file>.json')
    .option('--only <name...>', 'only these models of the folder')
    .option('--json', 'for programs')
  withPublishedOptions(command).action(async (folder: string | undefined, options: PublishOptions) => {
    const dir = folder ?? (process.env.MODELS_DIR || stackFolder(undefined).models)
    const done = await publishAll(dir, options, program)
    if (options.json) return print(JSON.stringify(done.map(toJson), undefined, 2))
    const rows = done.map(({ manifest: { name, version, role }, digest, known, sentBytes }) => [
      ...[`${name}@${version}`, role, inMegabytes(sentBytes), known ? 'was there' : 'published', digest],
    ])
    print(table([['MODEL', 'ROLE', 'SENT', 'STATE', 'MANIFEST'], ...rows]))
    sayGood(
      `${done.filter(({ known }) => !known).length} published, ${done.filter(({ known }) => known).length} were there`,
    )
  })
}
