import type { Command } from 'commander'
import type { RoleFilled, SignedSet } from '../../infra/ports/model-store.ts'
import { NothingThereError, UsageError } from '../exit-code.ts'
import { print, sayGood, table } from '../output.ts'
import {
  type PublishedModels,
  type PublishedOptions,
  parseWanted,
  withPublished,
  withPublishedOptions,
} from './published.ts'

interface UseOptions extends PublishedOptions {
  readonly key: string
  readonly note?: string
  readonly set?: string
  readonly json?: boolean
}

const rolesOfSet = async (published: PublishedModels, sequence: string): Promise<readonly RoleFilled[]> => {
  const found = (await published.sets()).find((set) => 'set' in set && String(set.set.sequence) === sequence)
  if (!found || !('set' in found)) throw new NothingThereError(`there is no set ${sequence} that is trusted`)
  return found.set.roles
}

/** Every version must be there, trusted: a set that names another one would stop every node. */
const fill = async (published: PublishedModels, wanted: readonly string[]): Promise<readonly RoleFilled[]> => {
  const filled: RoleFilled[] = []
  for (const text of wanted) {
    const { name, version } = await parseWanted(text)
    const { manifest, digest } = await published.manifest(name, version)
    if (filled.some(({ role }) => role === manifest.role)) throw new UsageError(`two models for ${manifest.role}`)
    filled.push({ role: manifest.role, name, version, manifest: digest })
  }
  return filled
}

/** What was trusted once may be gone, or its key withdrawn. */
const check = async (published: PublishedModels, roles: readonly RoleFilled[]): Promise<void> => {
  for (const { name, version, manifest } of roles) {
    const { digest } = await published.manifest(name, version)
    if (digest !== manifest) throw new UsageError(`${name}@${version} is not the one that the earlier set named`)
  }
}

const nextRoles = async (published: PublishedModels, wanted: readonly string[], { set }: UseOptions) => {
  if ((set === undefined) === (wanted.length === 0)) throw new UsageError('name versions, or --set to go back to one')
  if (set !== undefined) return rolesOfSet(published, set)
  const changed = await fill(published, wanted)
  const before = (await published.latestSet())?.set.roles ?? []
  return [...before.filter(({ role }) => !changed.some((filled) => filled.role === role)), ...changed]
}

const publishNext = async (wanted: readonly string[], options: UseOptions, program: Command): Promise<SignedSet> => {
  const { readSigningKey } = await import('../../infra/model-store/signing-keys.ts')
  const { createModelPublisher } = await import('../../infra/model-store/publisher.ts')
  const { systemClock } = await import('../../infra/runtime/clock.ts')
  const key = readSigningKey(options.key)
  const publish = async (published: PublishedModels) => {
    const roles = await nextRoles(published, wanted, options)
    await check(published, roles)
    const publisher = createModelPublisher({ blobs: published.blobs, clock: systemClock }, key, published.trusted)
    return publisher.publishSet(roles, options.note)
  }
  return withPublished(program, options, publish, key)
}

/** `./muster models use` */
export const registerModelsUse = (models: Command, program: Command): void => {
  const command = models
    .command('use')
    .summary('say which versions work together from now on')
    .description(
      'Publish the next set: the latest one with these versions in it, or the roles of an earlier set again.\n' +
        'Nodes take it at their next start.',
    )
    .argument('[name@version...]', 'each takes the place of what fills its role')
    .requiredOption('--key <file>', 'the private key that signs')
    .option('--set <number>', 'go back to what this set held')
    .option('--note <text>', 'why, for whoever looks later')
    .option('--json', 'for programs')
  withPublishedOptions(command).action(async (wanted: string[], options: UseOptions) => {
    const { set, digest } = await publishNext(wanted, options, program)
    if (options.json) return print(JSON.stringify({ ...set, digest }, undefined, 2))
    print(table(set.roles.map(({ role, name, version }) => [role, `${name}@${version}`])))
    sayGood(`set ${set.sequence} is published: nodes take it at their next start`)
  })
}
