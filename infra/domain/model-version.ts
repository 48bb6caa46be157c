/** @source semver.org, item 11: a pre-release is lower, its parts compare one by one */
const VERSION = /^(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?$/
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/
const MAX_VERSION_LENGTH = 60

/** Can a model be published under this name? */
export const isModelName = (text: string): boolean => NAME.test(text)

/** Can a model be published as this version? Build metadata (`+`) cannot stand in a storage key. */
export const isModelVersion = (text: string): boolean => text.length <= MAX_VERSION_LENGTH && VERSION.test(text)

/**
 * Read `name@version`.
 * @returns undefined for anything else
 */
export const parseModelName = (text: string): { readonly name: string; readonly version: string } | undefined => {
  const [name = '', version = '', ...rest] = text.split('@')
  return rest.length === 0 && isModelName(name) && isModelVersion(version) ? { name, version } : undefined
}

const comparePart = (a: string, b: string): number => {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}

const compareParts = (a: readonly string[], b: readonly string[]): number => {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = comparePart(a[at] ?? '', b[at] ?? '')
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Lower than 0 when `a` comes before `b`; texts that are no versions compare as texts. */
export const compareVersions = (a: string, b: string): number => {
  const [left, right] = [VERSION.exec(a), VERSION.exec(b)]
  if (!left || !right) return a < b ? -1 : a > b ? 1 : 0
  const numbers = compareParts(left.slice(1, 4), right.slice(1, 4))
  if (numbers !== 0) return numbers
  const [before, after] = [left[4], right[4]]
  if (before === undefined || after === undefined) return (before === undefined ? 1 : 0) - (after === undefined ? 1 : 0)
  return compareParts(before.split('.'), after.split('.'))
}
