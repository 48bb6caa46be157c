import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readState, writePrivate, writeState } from '../../../../infra/local/state-file.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-state-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

it('reads back what it wrote', () => {
  const path = join(dir, 'deep', 'state.json')
  writeState(path, { port: 1, nested: { name: 'ü' } })
  expect(readState(path)).toEqual({ port: 1, nested: { name: 'ü' } })
})

it('is readable by its owner only, also where a public file lay before', () => {
  const path = join(dir, 'secret')
  writeFileSync(path, 'old', { mode: 0o644 })
  writePrivate(path, 'new')
  expect(statSync(path).mode & 0o777).toBe(0o600)
  expect(readdirSync(dir)).toEqual(['secret'])
})

it('knows nothing where there is no file, or one that was cut short', () => {
  const path = join(dir, 'state.json')
  expect(readState(path)).toBeUndefined()
  writeFileSync(path, '{"port": 1')
  expect(readState(path)).toBeUndefined()
})

it('does not hide a file that may not be read', () => {
  expect(() => readState(dir)).toThrow(/EISDIR/)
})
