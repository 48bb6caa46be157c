import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Type from 'typebox'
import { describe, expect, it } from 'vitest'
import { ConfigError, loadConfig } from '../../../../infra/runtime/config.ts'

const schema = Type.Object({
  DATABASE_URL: Type.String({ pattern: '^postgres://' }),
  COUNT: Type.Integer({ minimum: 1, default: 4 }),
  DRY_RUN: Type.Boolean({ default: false }),
  NOTE: Type.Optional(Type.String()),
})
const url = 'postgres://u:secret@h/d'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(schema, env)
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
  }
  return []
}

describe('loadConfig', () => {
  it('fills defaults and parses numbers and booleans', () => {
    expect(loadConfig(schema, { DATABASE_URL: url, COUNT: '7', DRY_RUN: 'true' })).toEqual({
      DATABASE_URL: url,
      COUNT: 7,
      DRY_RUN: true,
    })
  })

  it('treats an empty variable as unset', () => {
    expect(loadConfig(schema, { DATABASE_URL: url, COUNT: '' }).COUNT).toBe(4)
  })

  it('reads a secret from the file that X_FILE names', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'muster-config-')), 'url')
    writeFileSync(file, `${url}\n`, { mode: 0o600 })
    expect(loadConfig(schema, { DATABASE_URL_FILE: file }).DATABASE_URL).toBe(url)
  })

  it('refuses a secret that everybody on the machine can read', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'muster-config-')), 'url')
    writeFileSync(file, url)
    chmodSync(file, 0o644)
    expect(problemsOf({ DATABASE_URL_FILE: file })).toEqual([expect.stringContaining('DATABASE_URL_FILE names a file')])
  })

  it('reports every problem at once, by name and rule, never with a value', () => {
    const problems = problemsOf({ DATABASE_URL: 'mysql://hidden', COUNT: 'many', DRY_RUN: 'yes', MUSTER_TYPO: 'x' })
    expect(problems).toHaveLength(4)
    for (const name of ['DATABASE_URL', 'COUNT', 'DRY_RUN', 'MUSTER_TYPO'])
      expect(problems.some((problem) => problem.startsWith(name))).toBe(true)
    expect(problems.join()).not.toMatch(/hidden|many|yes/)
  })

  it('names a missing variable and a file that cannot be read', () => {
    expect(problemsOf({})[0]).toMatch(/^DATABASE_URL is required/)
    expect(problemsOf({ DATABASE_URL_FILE: '/no/such/file' })[0]).toMatch(/^DATABASE_URL_FILE names a file/)
  })

  it('checks rules across fields once the fields are sound', () => {
    const tooMany = () =>
      loadConfig(schema, { DATABASE_URL: url, COUNT: '9' }, [({ COUNT }) => (COUNT > 8 ? 'too many' : undefined)])
    expect(tooMany).toThrow(/too many/)
  })
})
