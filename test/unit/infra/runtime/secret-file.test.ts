import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { asAtStart, followFiles, readSecretFile, SecretFileOpenError } from '../../../../infra/runtime/secret-file.ts'

const aFile = (text: string, mode = 0o600): string => {
  const path = join(mkdtempSync(join(tmpdir(), 'muster-secret-')), 'secret')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

it('reads a secret without the line end an editor left', () => {
  expect(readSecretFile(aFile('s3cret\n'))).toBe('s3cret')
  expect(readSecretFile(aFile('s3cret', 0o640))).toBe('s3cret')
})

it.each([0o644, 0o604, 0o777])('refuses a file of mode %o: everybody could read it', (mode) => {
  expect(() => readSecretFile(aFile('s3cret', mode))).toThrow(SecretFileOpenError)
  expect(() => readSecretFile(aFile('s3cret', mode))).not.toThrow('s3cret')
})

it('follows a file', () => {
  const path = aFile('one')
  const present = followFiles({ A_FILE: path })('A', 'one')
  expect(present()).toBe('one')
  writeFileSync(path, 'two\n')
  expect(present()).toBe('two')
})

it.each([
  ['is gone', (path: string) => rmSync(path)],
  ['is empty for a moment', (path: string) => writeFileSync(path, '')],
  ['was opened to everybody', (path: string) => chmodSync(path, 0o644)],
])('keeps the last known value while the file %s', (_what, harm) => {
  const path = aFile('two')
  const present = followFiles({ A_FILE: path })('A', 'one')
  expect(present()).toBe('two')
  harm(path)
  expect(present()).toBe('two')
})

it('lets a variable that is set win over its file, and keeps what came from neither', () => {
  expect(followFiles({ A: 'set', A_FILE: aFile('file') })('A', 'set')()).toBe('set')
  expect(followFiles({})('A', 'default')()).toBe('default')
  expect(asAtStart('A', 'start')()).toBe('start')
})
