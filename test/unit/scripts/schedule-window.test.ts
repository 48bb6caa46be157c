import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { windowProblems } from '../../../autoscaler/schedule.ts'
import { WEEKDAYS } from '../../../infra/domain/scaling.ts'
import { parseDays, readWindow, type WindowFlags, windowOfFlags } from '../../../scripts/schedule-window.ts'

const FLAGS: WindowFlags = { pool: 'checks', zone: 'UTC', days: 'mon-fri', start: '09:00', end: '18:00', floor: '50' }

const without = (flag: keyof WindowFlags): WindowFlags => {
  const { [flag]: _gone, ...rest } = FLAGS
  return rest
}

describe('days', () => {
  it.each([
    ['mon', ['mon']],
    ['mon-fri', ['mon', 'tue', 'wed', 'thu', 'fri']],
    ['sat-mon', ['mon', 'sat', 'sun']],
    ['wed,mon,WED', ['mon', 'wed']],
    ['mon-tue,sun', ['mon', 'tue', 'sun']],
    ['', []],
  ])('%s are these', (text, days) => {
    expect(parseDays(text)).toEqual(days)
  })

  it.each(['someday', 'mon-', '-mon', 'mon-wed-fri', 'mon tue'])('%s is refused', (text) => {
    expect(() => parseDays(text)).toThrow('--days takes')
  })

  it('of a range are as many as it spans, from its first to its last', () => {
    const day = fc.constantFrom(...WEEKDAYS)
    fc.assert(
      fc.property(day, day, (first, last) => {
        const days = parseDays(`${first}-${last}`)
        const span = (WEEKDAYS.indexOf(last) - WEEKDAYS.indexOf(first) + 7) % 7
        expect(days).toHaveLength(span + 1)
        expect(days).toContain(first)
        expect(days).toContain(last)
      }),
    )
  })
})

describe('flags', () => {
  it('make a window that can be kept', () => {
    const window = windowOfFlags('opening', {
      ...FLAGS,
      dates: '2026-12-26',
      except: '2026-12-25,2026-12-24',
      lead: '1h',
    })
    expect(window).toMatchObject({ name: 'opening', clause: 'floor', count: 50, leadMinutes: 60, priority: 0 })
    expect(window).toMatchObject({ dates: ['2026-12-26'], except: ['2026-12-25', '2026-12-24'] })
    expect(windowProblems(window)).toEqual([])
  })

  it.each<[string, WindowFlags, string]>([
    ['no pool', without('pool'), '--pool is needed'],
    ['no end', without('end'), '--end is needed'],
    ['two counts', { ...FLAGS, ceiling: '60' }, 'give one of'],
    ['a count that is none', { ...FLAGS, floor: 'many' }, '--floor takes a whole number'],
    ['a lead that is none', { ...FLAGS, lead: '10' }, '--lead takes a period'],
    ['a priority that is none', { ...FLAGS, priority: 'high' }, '--priority takes a whole number'],
  ])('with %s are refused', (_what, flags, words) => {
    expect(() => windowOfFlags('opening', flags)).toThrow(words)
  })
})

describe('a file', () => {
  let dir: string
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'muster window '))
  })
  afterAll(() => rmSync(dir, { recursive: true, force: true }))
  const written = (text: string): string => {
    const file = join(dir, 'window.json')
    writeFileSync(file, text)
    return file
  }
  const body = { pool: 'checks', timeZone: 'UTC', days: ['mon'], start: '09:00', end: '18:00', count: 5 }

  it('has the form of HTTP', async () => {
    expect(await readWindow('w', written(JSON.stringify(body)))).toMatchObject({ name: 'w', ...body, clause: 'floor' })
  })

  it.each([
    ['that is not there', undefined, '--file takes a file of JSON'],
    ['that is no JSON', '{', '--file takes a file of JSON'],
    ['with a member too many', JSON.stringify({ ...body, name: 'x' }), 'not of the documented form'],
    ['without a count', JSON.stringify({ ...body, count: undefined }), 'not of the documented form'],
  ])('%s is refused', async (_what, text, words) => {
    const file = text === undefined ? join(dir, 'nothing.json') : written(text)
    await expect(readWindow('w', file)).rejects.toThrow(words)
  })
})
