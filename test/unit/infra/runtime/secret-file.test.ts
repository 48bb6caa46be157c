import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readSecretFile, SecretFileOpenError } from '../../../../infra/runtime/secret-file.ts'

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
