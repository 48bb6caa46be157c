import { describe, expect, it } from 'vitest'
import { refuseRelease } from '../../../../scripts/release/refuse.ts'

const MIGRATIONS = [
  { file: '0001_a.sql', sql: 'select 1' },
  { file: '0002_cut.sql', sql: '-- outside a transaction\n-- contract: 0.2.0\nselect 1' },
]
const ALL = new Set(MIGRATIONS.map(({ file }) => file))
const refuse = (from: string, to: string, applied?: ReadonlySet<string>, problems: readonly string[] = []) =>
  refuseRelease({ from, to }, problems, MIGRATIONS, applied)

describe('a release is refused', () => {
  it('for what speaks against the code', () => {
    expect(refuse('0.1.0', '0.2.0', ALL, ['it breaks callers'])).toEqual(['it breaks callers'])
  })

  it('backwards over a migration that the older one cannot live with', () => {
    expect(refuse('0.2.0', '0.1.0', ALL)).toEqual(['0.1.0 cannot work with the database after 0002_cut.sql'])
  })

  it('backwards where nobody could look whether that was applied', () => {
    expect(refuse('0.2.0', '0.1.0')).toEqual([expect.stringContaining('was not looked at')])
  })
})

describe('a release is not refused', () => {
  it('backwards while that migration waits', () => {
    expect(refuse('0.2.0', '0.1.0', new Set(['0001_a.sql']))).toEqual([])
  })

  it('backwards to one that can live with it', () => {
    expect(refuse('0.3.0', '0.2.0', ALL)).toEqual([])
  })

  it('backwards for what speaks against the code that is left', () => {
    expect(refuse('0.3.0', '0.2.0', ALL, ['it breaks callers'])).toEqual([])
  })
})
