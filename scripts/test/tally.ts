import { readFileSync } from 'node:fs'

export interface Tally {
  readonly passedCount: number
  readonly failedCount: number
}

/** What is used of vitest's JSON report. @source vitest, reporters, `json` */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly testResults: readonly {
    readonly status: string
    readonly assertionResults: readonly { readonly status: string }[]
  }[]
}

/** A file that could not even be loaded, or whose set-up failed, has no failed test to count. */
const failedAsAWhole = ({ testResults }: Report): number =>
  testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length

/**
 * Count a run of vitest. A run that failed without any failed test (a crash, an error outside of tests) counts as one.
 * @param ok vitest ended with 0
 */
export const readTally = (reportPath: string, ok: boolean): Tally => {
  let report: Report
  try {
    report = JSON.parse(readFileSync(reportPath, 'utf8')) as Report
  } catch {
    return { passedCount: 0, failedCount: ok ? 0 : 1 }
  }
  const failedCount = report.numFailedTests + failedAsAWhole(report)
  return { passedCount: report.numPassedTests, failedCount: ok ? failedCount : Math.max(failedCount, 1) }
}

export const addTallies = (a: Tally, b: Tally): Tally => ({
  passedCount: a.passedCount + b.passedCount,
  failedCount: a.failedCount + b.failedCount,
})
