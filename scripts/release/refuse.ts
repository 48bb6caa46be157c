import { contractOf } from '../../infra/postgres/contract.ts'
import type { MigrationText } from './contract-sql.ts'
import { compareVersions } from './version.ts'

/**
 * Why a release must not be made; none: it may. Pure.
 * @param problems what speaks against the code itself
 * @param migrations all there are here
 * @param applied those the database has; undefined when nobody could look: then all are taken to be
 */
export const refuseRelease = (
  { from, to }: { readonly from: string; readonly to: string },
  problems: readonly string[],
  migrations: readonly MigrationText[],
  applied: ReadonlySet<string> | undefined,
): readonly string[] => {
  const isBack = compareVersions(to, from) < 0
  const gone = migrations.filter(({ file, sql }) => {
    const needed = contractOf(sql)
    return needed !== undefined && compareVersions(to, needed) < 0 && (applied?.has(file) ?? true)
  })
  if (!isBack) return problems
  return gone.map(
    ({ file }) =>
      `${to} cannot work with the database after ${file}` +
      (applied ? '' : '. Whether that was applied was not looked at: DATABASE_URL names no database'),
  )
}
