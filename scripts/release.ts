import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import { EXIT, UsageError } from './exit-code.ts'
import { print, say, sayGood, sayLoud, table } from './output.ts'
import { registerPlan } from './release/commands.ts'
import { ROOT } from './stack/folder.ts'

/** Where the records of releases lie. */
const RELEASES = join(ROOT, 'releases')

const list = async ({ json }: { json?: boolean }): Promise<void> => {
  const { listReleases, readRelease } = await import('./release/record.ts')
  const releases = listReleases(RELEASES).map((version) => readRelease(RELEASES, version))
  const rows = releases.map(({ version, releasedOn, commit, messageVersion, migrations }) => ({
    ...{ version, releasedOn, commit, messageVersion, newestMigration: migrations.at(-1)?.file ?? '-' },
  }))
  if (json) return print(JSON.stringify(rows, null, 2))
  const cells = rows.map((row) => Object.values({ ...row, commit: row.commit.slice(0, 12) }).map(String))
  print(table([['VERSION', 'RELEASED', 'COMMIT', 'MESSAGES', 'NEWEST MIGRATION'], ...cells]))
}

const check = async ({ json, all }: { json?: boolean; all?: boolean }): Promise<void> => {
  const { checkRelease } = await import('./release/check.ts')
  const { last, now, changes, problems } = await checkRelease(ROOT, RELEASES)
  const breaking = changes.filter((change) => change.breaking)
  process.exitCode = problems.length === 0 ? EXIT.ok : EXIT.failed
  if (json) return print(JSON.stringify({ last: last.version, version: now.version, changes, problems }, null, 2))
  const word = (breaks: boolean) => (breaks ? 'breaking' : 'added')
  for (const change of all ? changes : breaking) print(`${word(change.breaking)}  ${change.at}: ${change.what}`)
  for (const problem of problems) sayLoud(`muster: ${problem}`)
  const sum = `${now.version} after ${last.version}: ${breaking.length} breaking changes, ${changes.length - breaking.length} others`
  if (problems.length === 0) sayGood(sum)
  else say(sum)
}

/** The code of a commit is run in a folder of its own: the checkout stays as it is. */
const record = async ({ commit: name }: { commit: string }): Promise<void> => {
  const { extractCommit, findCommit } = await import('./release/commit-tree.ts')
  const { readSurface } = await import('./release/surface.ts')
  const { lastRelease, listReleases, writeRelease } = await import('./release/record.ts')
  const { judgeTree } = await import('./release/check.ts')
  const { commit, on } = findCommit(ROOT, name)
  const folder = mkdtempSync(join(tmpdir(), 'muster-release-'))
  try {
    const tree = join(folder, 'tree')
    extractCommit(ROOT, commit, tree)
    const surface = await readSurface(tree)
    const problems = listReleases(RELEASES).length === 0 ? [] : judgeTree(tree, lastRelease(RELEASES), surface).problems
    for (const problem of problems) sayLoud(`muster: ${problem}`)
    if (problems.length > 0) throw new UsageError('what may not be released is not recorded as a release')
    const { version } = JSON.parse(readFileSync(join(tree, 'package.json'), 'utf8')) as { version: string }
    // A document of a program that is only looked at does not know its version.
    const named = <T extends object | undefined>(document: T): T =>
      (document && { ...document, info: { ...(document as { info?: object }).info, version } }) as T
    const documents = { api: named(surface.api), autoscaler: named(surface.autoscaler) }
    writeRelease(RELEASES, { ...surface, ...documents, version, commit, releasedOn: on })
    say(`releases/${version}: written. Commit it`)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `./muster release` */
export const registerRelease = (program: Command): void => {
  const release = program
    .command('release')
    .summary('bring a new version out, and to a site, without a failed request')
    .description('What was released is recorded in releases/; docs/releases.md says how to bring a version out.')
  release.command('list').summary('the releases there were').option('--json', 'for programs').action(list)
  release
    .command('check')
    .summary('may what is here be released under its version?')
    .description(
      'Hold the API document, the variables, the messages, the migrations and the models of this checkout against those\n' +
        'of the last release. A change that breaks somebody needs a version that says so. Exit code 1 when it has not.',
    )
    .option('--all', 'every change, not only those that break something')
    .option('--json', 'for programs')
    .action(check)
  release
    .command('record')
    .summary('keep what a commit promises as a release')
    .description('Run the code of a commit and write releases/<its version>. A record is written once.')
    .option('--commit <name>', 'what is released', 'HEAD')
    .action(record)
  registerPlan(release)
}
