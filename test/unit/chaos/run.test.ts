import { expect, it } from 'vitest'
import { runChaos } from '../../chaos/run.ts'

it('begins nothing for somebody who has changed his mind, and has no verdict', async () => {
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const report = await runChaos({ minutes: 30, seed: 1, say, signal: AbortSignal.abort() })
  expect(report).toMatchObject({ endedEarly: true, passed: false, findings: { steps: [], total: { attempted: 0 } } })
  expect(said).toEqual([])
})
