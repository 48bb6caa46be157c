import type { Command } from 'commander'
import type { SignedModel, SignedSet } from '../../infra/ports/model-store.ts'
import { print, say, table } from '../output.ts'
import {
  type PublishedModels,
  type PublishedOptions,
  parseWanted,
  withPublished,
  withPublishedOptions,
} from './published.ts'
import { bytesOf, inMegabytes } from './sizes.ts'

interface ShowOptions extends PublishedOptions {
  readonly json?: boolean
}

type Listed = {
  readonly name: string
  readonly version: string
  readonly signed?: SignedModel
  readonly problem?: string
}

const listAll = async (published: PublishedModels): Promise<{ all: readonly Listed[]; set: SignedSet | undefined }> => {
  const all: Listed[] = []
  for (const { name, version } of await published.list()) {
    try {
      all.push({ name, version, signed: await published.manifest(name, version) })
    } catch (error) {
      all.push({ name, version, problem: (error as Error).message })
    }
  }
  return { all, set: await published.latestSet() }
}

const isUsed = (set: SignedSet | undefined, { name, version }: Listed): boolean =>
  set?.set.roles.some((filled) => filled.name === name && filled.version === version) ?? false

/** `./muster models list` */
export const registerModelsList = (models: Command, program: Command): void => {
  const command = models
    .command('list')
    .summary('every published version')
    .description('Show every published version, its size, who signed it, and whether the latest set uses it.')
    .option('--json', 'for programs')
  withPublishedOptions(command).action(async (options: ShowOptions) => {
    const { all, set } = await withPublished(program, options, listAll)
    if (options.json) {
      const versions = all.map((listed) => ({
        ...{ name: listed.name, version: listed.version, role: listed.signed?.manifest.role ?? null },
        bytes: listed.signed ? bytesOf(listed.signed.manifest.files) : null,
        ...{ manifest: listed.signed?.digest ?? null, signedBy: listed.signed?.signedBy ?? [] },
        ...{ used: isUsed(set, listed), problem: listed.problem ?? null },
      }))
      return print(JSON.stringify({ set: set?.set.sequence ?? null, versions }, undefined, 2))
    }
    const rows = all.map((listed) => [
      `${listed.name}@${listed.version}`,
      listed.signed?.manifest.role ?? '-',
      listed.signed ? inMegabytes(bytesOf(listed.signed.manifest.files)) : '-',
      isUsed(set, listed) ? 'used' : '',
      listed.problem ?? listed.signed?.signedBy.join(' ') ?? '',
    ])
    print(table([['MODEL', 'ROLE', 'SIZE', 'SET', 'SIGNED BY'], ...rows]))
    say(set ? `set ${set.set.sequence}, of ${set.set.createdAt}` : 'no set is published: ./muster models use')
  })
}

const showVersion = ({ manifest, digest, signedBy }: SignedModel): void => {
  print(`${manifest.name}@${manifest.version}  ${manifest.role}`)
  print(`manifest   ${digest}`)
  print(`signed by  ${signedBy.join(' ')}`)
  print(`published  ${manifest.publishedAt}`)
  print(table(manifest.files.map(({ file, bytes, digest: of }) => [file, inMegabytes(bytes), of])))
  print(JSON.stringify(manifest.card, undefined, 2))
}

/** Sets that are shown unless a program asks. */
const SHOWN_COUNT = 10

const showSets = (sets: Awaited<ReturnType<PublishedModels['sets']>>): void => {
  const rows = sets
    .slice(-SHOWN_COUNT)
    .map((found) =>
      'problem' in found
        ? [String(found.sequence), '-', '-', found.problem]
        : [...[String(found.set.sequence), found.set.createdAt, found.signedBy.join(' '), found.set.note ?? '']],
    )
  print(table([['SET', 'CREATED', 'SIGNED BY', 'NOTE'], ...rows]))
  const latest = sets.at(-1)
  if (!latest || 'problem' in latest) return
  print('')
  print(table(latest.set.roles.map(({ role, name, version, manifest }) => [role, `${name}@${version}`, manifest])))
}

/** `./muster models show` */
export const registerModelsShow = (models: Command, program: Command): void => {
  const command = models
    .command('show')
    .summary('one version with its card, or the sets')
    .description(
      'Show one published version: card, files and digests. Without a version: the sets, and what the latest holds.',
    )
    .argument('[name@version]')
    .option('--json', 'for programs')
  withPublishedOptions(command).action(async (wanted: string | undefined, options: ShowOptions) => {
    if (wanted === undefined) {
      const sets = await withPublished(program, options, (published) => published.sets())
      return options.json ? print(JSON.stringify(sets, undefined, 2)) : showSets(sets)
    }
    const { name, version } = await parseWanted(wanted)
    const signed = await withPublished(program, options, (published) => published.manifest(name, version))
    return options.json ? print(JSON.stringify(signed, undefined, 2)) : showVersion(signed)
  })
}
