import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findContractions, type MigrationText } from './contract-sql.ts'
import { judgeRelease, type Verdict } from './judge.ts'
import { lastRelease, type Release } from './record.ts'
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

/** Hold a checkout against the newest record. @throws ReleaseNotFoundError when there is none */
export const checkRelease = async (root: string, records: string): Promise<ReleaseCheck> => {
  const [last, now] = [lastRelease(records), await readSurface(root)]
  return { last, now, ...judgeRelease(last, now, contractionsSince(root, last)) }
}
