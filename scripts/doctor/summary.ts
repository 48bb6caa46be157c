import type { Finding } from '../../infra/doctor/finding.ts'

const inWords = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`

/** What the doctor found, in one line. What could not be looked at is no reason for alarm, and is not hidden either. */
export const summaryOf = (findings: readonly Finding[]): string => {
  const checks = inWords(findings.length, 'check')
  const kinds = [
    ['problem', (count: number) => inWords(count, 'problem')],
    ['warning', (count: number) => inWords(count, 'warning')],
    ['unknown', (count: number) => `${count} not looked at`],
  ] as const
  const told = kinds.flatMap(([state, say]) => {
    const found = findings.filter((finding) => finding.state === state)
    if (found.length === 0) return []
    return [`${say(found.length)} (${found.map(({ check, detail }) => `${check}: ${detail}`).join('; ')})`]
  })
  return told.length === 0
    ? `doctor: all well (${checks})`
    : `doctor: ${told.join(', ')}, of ${checks}: ./muster doctor`
}
