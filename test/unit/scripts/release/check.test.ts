import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkRelease } from '../../../../scripts/release/check.ts'
import { CommitMissingError, findCommit } from '../../../../scripts/release/commit-tree.ts'
import { listReleases, readRelease } from '../../../../scripts/release/record.ts'
import { ROOT } from '../../../../scripts/stack/folder.ts'

const RELEASES = join(ROOT, 'releases')
const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const { version } = JSON.parse(textOf('package.json')) as { version: string }

it('what is here may be released under its version', async () => {
  const { problems, changes, now } = await checkRelease(ROOT, RELEASES)
  expect(problems).toEqual([])
  // Against nothing there would be nothing to find.
  expect(changes.length).toBeGreaterThan(0)
  expect(now.version).toBe(version)
})

it('every release is of a commit that the history has', () => {
  const releases = listReleases(RELEASES).map((each) => readRelease(RELEASES, each))
  expect(releases.map(({ version: of }) => of)).toContain('0.1.0')
  for (const { commit, releasedOn } of releases) expect(findCommit(ROOT, commit)).toEqual({ commit, on: releasedOn })
})

it.each(['0'.repeat(40), 'no-such-branch', '--all', ''])('a history without %j says what to do', (name) => {
  expect(() => findCommit(ROOT, name)).toThrow(CommitMissingError)
  expect(() => findCommit(ROOT, name)).toThrow('git fetch --unshallow')
})

it('every place that names the version names this one', () => {
  const lock = JSON.parse(textOf('package-lock.json')) as { version: string; packages: { '': { version: string } } }
  expect([lock.version, lock.packages[''].version]).toEqual([version, version])
  const images = ['nomad/site.example.vars.hcl', 'infra/compose.yaml'].flatMap((path) =>
    [...textOf(path).matchAll(/\bmuster:(\d+\.\d+\.\d+)/g)].map(([, tag]) => tag),
  )
  expect(images).toEqual(Array(4).fill(version))
})
