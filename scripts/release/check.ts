import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findContractions, type MigrationText } from './contract-sql.ts'
import { judgeRelease, type Verdict } from './judge.ts'
import { lastRelease, listReleases, type Release } from './record.ts'
import { readSurface, type Surface } from './surface.ts'

/** The answer to: may this checkout be released under its version? */
export interface ReleaseCheck extends Verdict {
  readonly last: Release
  readonly now: Surface
}

/** Every migration of a checkout, in order. */
export const migrationTexts = (root: string): readonly MigrationText[] => {
  const folder = join(root, 'infra', 'postgres', 'migrations')
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'))
  return files.sort().map((file) => ({ file, sql: readFileSync(join(folder, file), 'utf8') }))
}

/** Statements of migrations that came after a release and take away without saying so. */
export const contractionsSince = (root: string, last: Pick<Release, 'migrations'>): readonly string[] => {
  const released = new Set(last.migrations.map(({ file }) => file))
  return findContractions(migrationTexts(root).filter(({ file }) => !released.has(file)))
}

/** Hold what a checkout promises against a release. */
export const judgeTree = (root: string, last: Release, now: Surface): Verdict =>
  judgeRelease(last, now, contractionsSince(root, last))

/** Hold a checkout against the newest record. @throws ReleaseNotFoundError when there is none */
export const checkRelease = async (root: string, records: string): Promise<ReleaseCheck> => {
  const [last, now] = [lastRelease(records), await readSurface(root)]
  return { last, now, ...judgeTree(root, last, now) }
}

/**
 * What speaks against releasing a version to a site: nothing where there is a record of it, for it was checked then. So a
 * site needs no tests to be released to.
 */
export const problemsOf = async (root: string, records: string, version: string): Promise<readonly string[]> =>
  listReleases(records).includes(version) ? [] : (await checkRelease(root, records)).problems
