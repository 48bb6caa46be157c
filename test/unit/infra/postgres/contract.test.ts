import { describe, expect, it } from 'vitest'
import { contractOf, isOlder } from '../../../../infra/postgres/contract.ts'
import { statusOf } from '../../../../infra/postgres/migrate.ts'

describe('what is connected', () => {
  it.each([
    ['muster api', true],
    ['muster', true],
    ['muster worker 0.1.9', true],
    ['muster worker 0.2.0-rc.1', false],
    ['muster api 0.2.0', false],
    ['muster autoscaler 0.10.0', false],
    ['muster api 1.0.0', false],
    ['psql', false],
    ['musterhaus 0.1.0', false],
    ['', false],
  ])('%s is of a release before 0.2.0: %s', (name, older) => {
    expect(isOlder(name, '0.2.0')).toBe(older)
  })
})

describe('a migration', () => {
  it.each([
    ['-- contract: 0.2.0\nselect 1;', '0.2.0'],
    ['-- outside a transaction\n-- contract: 0.3.1\nselect 1;', '0.3.1'],
    ['-- a comment\nselect 1; -- contract: 0.2.0', undefined],
    ['select 1;\n-- contract: 0.2.0', undefined],
    ['-- contract: soon\nselect 1;', undefined],
  ])('%j needs release %s', (sql, release) => {
    expect(contractOf(sql)).toBe(release)
  })
})

describe('how far a database is', () => {
  const file = (name: string, contract?: string) => ({ file: name, sql: '', sha256: name, contract })
  const files = [file('1.sql'), file('2.sql', '0.2.0'), file('3.sql')]

  it.each([
    [['1.sql', '2.sql', '3.sql'], 'done', [], []],
    [['1.sql', '3.sql'], 'waiting', ['2.sql'], []],
    [['1.sql', '2.sql'], 'done', [], ['3.sql']],
    [[], 'waiting', ['2.sql'], ['1.sql', '3.sql']],
    [['1.sql', '2.sql', '3.sql', '4.sql'], 'done', [], []],
  ])('with %j applied the contract is %s', (applied, contract, contractsWaiting, missing) => {
    const has = new Map(applied.map((name) => [name, name]))
    expect(statusOf(files, has)).toEqual({ contract, contractsWaiting, missing, changed: [] })
  })

  it('shows a file that has changed since it was applied', () => {
    expect(statusOf(files, new Map([['1.sql', 'other']])).changed).toEqual(['1.sql'])
  })
})
