import { expect, it } from 'vitest'
import { shortFaults } from './faults/all.ts'
import { notes } from './report.ts'
import { runChaos } from './run.ts'

/** One round of a fault of every kind; `./muster chaos` is the long run. */
const LIMITS = { minutes: 4, rounds: 1, seed: 20_261_121 }

it('no accepted job is lost, has two outcomes or another one than its own, whatever is killed meanwhile', async () => {
  let log = ''
  const onLog = (text: string) => {
    log = text.slice(-4_000)
  }
  const report = await runChaos({ ...LIMITS, faults: shortFaults(), clusterFaults: [], say: () => {}, onLog })
  expect(report.findings.total, `${notes(report).join('\n')}\n${log}`).toMatchObject({
    lost: 0,
    second: 0,
    unexpected: 0,
  })
  expect(report.findings.total.finished).toBe(report.findings.total.acknowledged)
  expect(report.findings.total.acknowledged).toBeGreaterThan(100)
}, 480_000)
