import { expect, it } from 'vitest'
import { redrivenInWords } from '../../../../../../autoscaler/console/page/dialogs/redrive-dialog.ts'

const some = (count: number, line: string) =>
  Array.from({ length: count }, (_, index) => ({ id: `${line}-${index}`, outcome: 'any', line }))

it('says what became of each kind, and what is left', () => {
  const redriven = [...some(2, 'queued again'), ...some(1, 'stays: gone')]
  expect(redrivenInWords({ redriven, notThere: ['x'], left: 0 })).toEqual([
    '2 jobs: queued again',
    '1 job: stays: gone',
    '1 letter not found: gone already, or somebody else looks at them just now',
    'none is left',
  ])
  expect(redrivenInWords({ redriven: [], notThere: [], left: 3 })).toEqual([
    'there was nothing to redrive, or somebody else looks at them just now',
    '3 letters left',
  ])
})

it('says how to get past a thousand that stay, which would be met again and again', () => {
  const stuck = redrivenInWords({ redriven: some(1_000, 'stays: gone'), notThere: [], left: 1_500 })
  expect(stuck.join()).toContain('dlq redrive --all')
  const moving = [...some(999, 'stays: gone'), ...some(1, 'queued again')]
  expect(redrivenInWords({ redriven: moving, notThere: [], left: 1_500 }).join()).not.toContain('dlq')
})
