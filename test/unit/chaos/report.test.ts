import { expect, it } from 'vitest'
import type { Step } from '../../chaos/campaign.ts'
import type { Account } from '../../chaos/checker.ts'
import { hasPassed, notes, type Report, rows } from '../../chaos/report.ts'

const anAccount = (overrides: Partial<Account> = {}): Account => ({
  attempted: 10,
  acknowledged: 9,
  finished: 9,
  refused: 1,
  recovered: 2,
  lost: 0,
  second: 0,
  unexpected: 0,
  duplicated: 1,
  violations: [],
  ...overrides,
})
const aStep = (overrides: Partial<Step> = {}): Step => ({
  fault: 'worker killed',
  injectedCount: 1,
  before: 10,
  during: 5,
  after: 12,
  recoveryMs: 1_500,
  lastJobMs: 2_000,
  account: anAccount(),
  ...overrides,
})
const aReport = (total: Partial<Account> = {}, steps: readonly Step[] = [aStep()]): Report => {
  const findings = { steps, total: anAccount(total), refusals: new Map() }
  const crashPoints = {
    known: ['api before:jobs.insert', 'worker after:jobs.finish', 'worker after:jobs.claim'],
    armed: ['worker after:jobs.finish', 'worker after:jobs.claim'],
    died: ['worker after:jobs.finish'],
  }
  return { seed: 7, minutes: 1, passed: hasPassed(findings), endedEarly: false, findings, notInjected: [], crashPoints }
}

it.each([['lost'], ['second'], ['unexpected']] as const)('does not pass with one %s', (name) => {
  expect(hasPassed(aReport({ [name]: 1 }).findings)).toBe(false)
})

it('passes when the rest is 0, however much was refused or run twice', () => {
  expect(hasPassed(aReport({ refused: 5, duplicated: 9 }).findings)).toBe(true)
})

it('does not pass when nothing was tried', () => {
  expect(hasPassed(aReport({}, []).findings)).toBe(false)
  expect(hasPassed(aReport({ acknowledged: 0 }).findings)).toBe(false)
})

it('makes one row of every time a fault was injected: sums, means, and the longest recovery', () => {
  const steps = [aStep(), aStep({ recoveryMs: 3_000, before: 20, during: 10, after: 18 })]
  const [, row] = rows(aReport({}, steps).findings)
  expect(row?.slice(0, 4)).toEqual(['worker killed', '2', '20', '18'])
  expect(row?.slice(-5)).toEqual(['15.0', '0.50', '1.00', '3.0', '2.0'])
})

it('does not call a recovery short that was never seen', () => {
  const steps = [aStep(), aStep({ recoveryMs: undefined })]
  expect(rows(aReport({}, steps).findings)[1]?.at(-2)).toBe('-')
})

it('ends with the verdict and the seed', () => {
  expect(notes(aReport()).at(-1)).toBe('PASS: 0 lost, 0 second, 0 unexpected (seed 7)')
  const violations = [{ kind: 'lost', id: 'j1', detail: 'never over' }] as const
  expect(notes(aReport({ lost: 1, violations })).slice(-2)).toEqual([
    'LOST: j1: never over',
    'FAIL: 1 lost, 0 second, 0 unexpected (seed 7)',
  ])
})

it('counts crash points as armed, passed and not reached, and names the last', () => {
  expect(notes(aReport())).toEqual([
    'crash points: 3 that a process can pass, 2 armed, 1 passed and died of, 1 armed and not reached',
    'not reached: worker after:jobs.claim',
    'PASS: 0 lost, 0 second, 0 unexpected (seed 7)',
  ])
})

it('has no verdict when somebody ended it', () => {
  expect(notes({ ...aReport(), endedEarly: true }).at(-1)).toBe('ended early: no verdict (seed 7)')
})
