import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { addTallies, readTally } from '../../../../scripts/test/tally.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-tally-'))
  path = join(dir, 'report.json')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const file = (status: string, ...tests: readonly string[]) => ({
  status,
  assertionResults: tests.map((test) => ({ status: test })),
})
const report = (numPassedTests: number, numFailedTests: number, ...testResults: readonly object[]) =>
  writeFileSync(path, JSON.stringify({ numPassedTests, numFailedTests, testResults }))

it('counts tests', () => {
  report(2, 1, file('passed', 'passed'), file('failed', 'passed', 'failed'))
  expect(readTally(path, false)).toEqual({ passedCount: 2, failedCount: 1 })
})

it('counts a file that could not be loaded as one failure', () => {
  report(1, 0, file('passed', 'passed'), file('failed'))
  expect(readTally(path, false)).toEqual({ passedCount: 1, failedCount: 1 })
})

it('counts a run that failed without a failed test as one failure', () => {
  report(3, 0, file('passed', 'passed', 'passed', 'passed'))
  expect(readTally(path, false)).toEqual({ passedCount: 3, failedCount: 1 })
})

it.each([
  ['a run that wrote no report and failed', false, 1],
  ['a run that found nothing to test', true, 0],
])('counts %s', (_what, ok, failedCount) => {
  expect(readTally(path, ok)).toEqual({ passedCount: 0, failedCount })
})

it('counts a cut report as one failure', () => {
  writeFileSync(path, '{"numPassedTests": 3')
  expect(readTally(path, false)).toEqual({ passedCount: 0, failedCount: 1 })
})

it('adds', () => {
  expect(addTallies({ passedCount: 1, failedCount: 2 }, { passedCount: 3, failedCount: 4 })).toEqual({
    passedCount: 4,
    failedCount: 6,
  })
})
