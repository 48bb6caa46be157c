import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { formatEnvFile, readEnvFile, withEnvFile, withFiles } from '../../../../scripts/stack/env-file.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-env-'))
  path = join(dir, 'env')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const VALUES = {
  DATABASE_URL: 'postgres://muster:a-b_c@127.0.0.1:1/postgres',
  STORAGE_URL: 'file:///a%20b/c',
  SPACED: 'two words',
  DOLLAR: 'costs $HOME `pwd`',
  HASH: 'a # b',
}

it('is read back as it was written', () => {
  writeFileSync(path, formatEnvFile(VALUES))
  expect(readEnvFile(path)).toEqual(VALUES)
})

it('means the same to a shell', () => {
  writeFileSync(path, formatEnvFile(VALUES))
  const script = `set -a; . "$1"; exec "$2" -e 'console.log(JSON.stringify(process.env))'`
  const out = execFileSync('/bin/sh', ['-c', script, 'sh', path, process.execPath], { env: {}, encoding: 'utf8' })
  expect(JSON.parse(out)).toMatchObject(VALUES)
})

it('is empty where there is none', () => {
  expect(readEnvFile(join(dir, 'missing'))).toEqual({})
})

it('gives way to what the caller has set, but not to what he has set to nothing', () => {
  writeFileSync(path, formatEnvFile({ A: 'file', B: 'file', C: 'file' }))
  expect(withEnvFile(path, { A: 'caller', B: '', D: undefined })).toEqual({ A: 'caller', B: 'file', C: 'file' })
})

it('reads an address from the file that is named instead', () => {
  const file = join(dir, 'url')
  writeFileSync(file, 'postgres://from-file\n')
  expect(withFiles({ DATABASE_URL_FILE: file })).toMatchObject({ DATABASE_URL: 'postgres://from-file' })
  expect(withFiles({ DATABASE_URL_FILE: file, DATABASE_URL: 'postgres://set' })).toMatchObject({
    DATABASE_URL: 'postgres://set',
  })
  expect(() => withFiles({ DATABASE_URL_FILE: join(dir, 'missing') })).toThrow('DATABASE_URL_FILE')
})

it('gives way to an address that the caller names a file with', () => {
  const file = join(dir, 'url')
  writeFileSync(file, 'redis://theirs')
  writeFileSync(path, formatEnvFile({ REDIS_URL: 'redis://ours' }))
  expect(withEnvFile(path, { REDIS_URL_FILE: file })).toMatchObject({ REDIS_URL: 'redis://theirs' })
})
