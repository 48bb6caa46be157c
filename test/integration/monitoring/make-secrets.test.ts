import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'

const SCRIPT = join(import.meta.dirname, '..', '..', '..', 'infra', 'docker', 'make-secrets.sh')

let [dir, grafana] = ['', '']
beforeEach(() => {
  ;[dir, grafana] = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'muster-secrets-'))) as [string, string]
})
afterEach(() => {
  for (const folder of [dir, grafana]) rmSync(folder, { recursive: true })
})
const make = (...folders: readonly string[]) => execFileSync('sh', [SCRIPT, ...folders])
const password = () => readFileSync(join(grafana, 'admin-password'), 'utf8')

it('makes a password for Grafana, alone in a folder of its own, and keeps it', () => {
  make(dir, grafana)
  expect(password()).toMatch(/^[0-9a-f]{48}$/)
  expect(readdirSync(grafana)).toEqual(['admin-password'])
  const first = password()
  make(dir, grafana)
  expect(password()).toBe(first)
})

it('gives one to an installation that had none', () => {
  make(dir)
  expect(readdirSync(grafana)).toEqual([])
  const before = readFileSync(join(dir, 'database-url'), 'utf8')
  make(dir, grafana)
  expect(password()).toMatch(/^[0-9a-f]{48}$/)
  expect(readFileSync(join(dir, 'database-url'), 'utf8')).toBe(before)
})

it('copies what a receiver of traces wants to see, where it is given, and again when it is another', () => {
  const [given, copy] = [join(grafana, 'given'), join(dir, 'otlp-headers')]
  make(dir, grafana, '/dev/null')
  expect(existsSync(copy)).toBe(false)
  for (const headers of ['x-key=one', 'x-key=two']) {
    writeFileSync(given, headers)
    make(dir, grafana, given)
    expect(readFileSync(copy, 'utf8')).toBe(headers)
  }
  make(dir, grafana, '/dev/null')
  expect(existsSync(copy)).toBe(false)
})
