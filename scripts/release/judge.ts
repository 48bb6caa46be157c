import { compareDocuments } from './compare-documents.ts'
import type { Change } from './compare-schemas.ts'
import type { Surface } from './surface.ts'
import { bears, compareVersions, nextVersion } from './version.ts'

/** How a Muster stands to the last release. */
export interface Verdict {
  readonly changes: readonly Change[]
  /** what must not be released so; none = it may be */
  readonly problems: readonly string[]
}

const compareVariables = ({ variables: before }: Surface, { variables: now }: Surface): readonly Change[] => {
  const [had, has] = [before, now].map((list) => new Map(list.map((each) => [each.name, each])))
  const gone = before
    .filter(({ name }) => !has?.has(name))
    .map(({ name }) => ({ breaking: true, at: name, what: 'the variable is gone' }))
  const others = now.flatMap(({ name, required }) => {
    const known = had?.get(name)
    if (required && !known?.required) return [{ breaking: true, at: name, what: 'the variable is required now' }]
    if (!known) return [{ breaking: false, at: name, what: 'a new variable' }]
    return known.required && !required ? [{ breaking: false, at: name, what: 'the variable may be missing now' }] : []
  })
  return [...gone, ...others]
}

const compareMessages = ({ messageVersion: before }: Surface, { messageVersion: now }: Surface): readonly Change[] =>
  before === now ? [] : [{ breaking: true, at: 'messages', what: `version ${now}, was ${before}` }]

const modelKey = ({ name, version }: Surface['models'][number]): string => `${name} ${version}`

/** Under one name and version there is one file, for good: results name both. */
const swappedModels = (last: Surface, now: Surface): readonly string[] => {
  const digests = new Map(last.models.map((model) => [modelKey(model), model.digest]))
  return now.models.flatMap((model) => {
    const before = digests.get(modelKey(model))
    const swapped = before !== undefined && before !== model.digest
    return swapped ? [`model ${modelKey(model)} is another file than it was: give it another version`] : []
  })
}

const compareModels = (last: Surface, now: Surface): readonly Change[] => {
  const known = new Set(last.models.map(modelKey))
  return now.models
    .filter((model) => !known.has(modelKey(model)))
    .map((model) => ({ breaking: false, at: `model ${model.name}`, what: `version ${model.version}` }))
}

const editedMigrations = (last: Surface, now: Surface): readonly string[] => {
  const present = new Map(now.migrations.map(({ file, sha256 }) => [file, sha256]))
  return last.migrations.flatMap(({ file, sha256 }) =>
    present.get(file) === sha256
      ? []
      : [`migration ${file} was released and is not what it was: add a new file instead`],
  )
}

const autoscalerChanges = (last: Surface, now: Surface): readonly Change[] => {
  if (!last.autoscaler) return []
  const changes = compareDocuments(last.autoscaler, now.autoscaler ?? {})
  return changes.map((change) => ({ ...change, at: `autoscaler ${change.at}` }))
}

/**
 * Hold what would be released against the last release: every change that others can notice, and what forbids to release
 * it under its version. Pure.
 * @param contractions what migrations take away without saying so
 */
export const judgeRelease = (last: Surface, now: Surface, contractions: readonly string[] = []): Verdict => {
  const changes = [
    ...compareDocuments(last.api, now.api),
    ...autoscalerChanges(last, now),
    ...compareVariables(last, now),
    ...compareMessages(last, now),
    ...compareModels(last, now),
  ]
  const isOlder = compareVersions(now.version, last.version) < 0
  const mayBreak = bears(last.version, now.version, 'contract')
  const breaks = changes.some(({ breaking }) => breaking) && !mayBreak
  return {
    changes,
    problems: [
      ...(isOlder ? [`${now.version} is older than the last release, ${last.version}`] : []),
      ...(breaks
        ? [
            `what others rely on has changed since ${last.version}: the version must be ${nextVersion(last.version, 'contract')} or higher, and is ${now.version}`,
          ]
        : []),
      ...swappedModels(last, now),
      ...editedMigrations(last, now),
      ...contractions,
    ],
  }
}
