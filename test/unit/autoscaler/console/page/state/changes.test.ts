import { describe, expect, it } from 'vitest'
import { announceChanges } from '../../../../../../autoscaler/console/page/state/changes.ts'
import type { Console } from '../../../../../../autoscaler/console/page/state/console.ts'
import { createFleet } from '../../../../../../autoscaler/console/page/state/fleet.ts'
import { value } from '../../../../../../autoscaler/console/page/state/value.ts'
import { toDecisionResource } from '../../../../../../autoscaler/routes/decision-resource.ts'
import { aKept } from '../../../../../fixtures/decisions.ts'

const announced = () => {
  const said: string[] = []
  const fleet = createFleet()
  const live = { connection: value({ kind: 'live', heardAt: 1, retryAt: undefined, why: '' }) }
  announceChanges({ fleet, live, announcer: { say: (text: string) => said.push(text) } } as unknown as Console)
  const decide = (id: string, pool: string, direction: 'up' | 'none'): void => {
    const decision = { ...toDecisionResource(aKept()), id, pool, direction, report: [`${pool}: ${id}`] }
    fleet.hear({ type: 'decision', data: JSON.stringify({ decision }), id: '' })
  }
  return { said, decide }
}

describe('what is said of changes', () => {
  it('is each change of a count, once', () => {
    const { said, decide } = announced()
    decide('1', 'checks', 'none')
    decide('2', 'checks', 'up')
    expect(said).toEqual(['checks: 2'])
  })

  it('is nothing that was so before, neither at the beginning nor after a break', () => {
    const { said, decide } = announced()
    decide('1', 'checks', 'up')
    decide('2', 'ocr', 'up')
    decide('1', 'checks', 'up')
    decide('2', 'ocr', 'up')
    expect(said).toEqual([])
  })
})
