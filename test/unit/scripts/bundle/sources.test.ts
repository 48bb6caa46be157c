import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listSources, readSourceFacts } from '../../../../scripts/bundle/sources.ts'

let root: string
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { stdio: 'ignore' })
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'muster-sources-'))
  mkdirSync(join(root, 'api'))
  mkdirSync(join(root, 'test', 'fixtures'), { recursive: true })
  writeFileSync(join(root, 'api', 'main.ts'), '')
  git('init', '-q')
  git('add', '.')
  git('commit', '-q', '-m', 'first')
})
afterEach(() => rmSync(root, { recursive: true }))

it.each([
  ['a file that is in no commit and goes along', 'api/other.ts', true],
  ['a file that is not what was committed', 'api/main.ts', true],
  ['a sample picture that is in no commit', 'test/fixtures/a.jpg', true],
  ['a file that does not go along', 'test/fixtures/other.ts', false],
  ['a file of another folder', 'notes.txt', false],
])('%s makes a bundle changed or not', async (_what, path, changed) => {
  expect(await readSourceFacts(root)).toMatchObject({ changed: false })
  writeFileSync(join(root, path), 'x')
  expect(await readSourceFacts(root)).toMatchObject({ changed })
  expect((await listSources(root)).includes(path)).toBe(changed)
})
