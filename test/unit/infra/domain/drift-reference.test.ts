import { expect, it } from 'vitest'
import { chooseReference, type DriftPast, strangers } from '../../../../infra/domain/drift-reference.ts'
import { sharesOf } from '../../../fixtures/drift.ts'

const past = (kind: DriftPast['reference']['kind'], ...shares: DriftPast['shares'][]): DriftPast => ({
  reference: { kind, from: 0, until: 1 },
  shares: shares.flat(),
})
const old = (count: number) => sharesOf({ '0.60': count }, { model: 'live@1.0.0' })
const young = (count: number) => sharesOf({ '0.60': count }, { model: 'live@2.0.0' })

it('knows which models have no past yet', () => {
  const present = [...old(500), ...young(500)]
  expect(strangers(present, [past('weeks', old(900), young(20))])).toEqual(['live@2.0.0'])
  expect(strangers(present, [past('weeks', old(900)), past('days', young(200))])).toEqual([])
})

it('takes for each model the first past that has enough of it, and names the one that most jobs have', () => {
  const weeks = past('weeks', old(900), young(20))
  const days = past('days', old(300), young(400))
  const chosen = chooseReference([...old(500), ...young(100)], [weeks, days])
  expect(chosen.reference.kind).toBe('weeks')
  expect(chosen.shares).toEqual([...old(900), ...young(400)])
  expect([...chosen.young]).toEqual(['live@2.0.0'])
  expect(chooseReference([...old(100), ...young(500)], [weeks, days]).reference.kind).toBe('days')
})

it('has nothing for a model that was never there', () => {
  const weeks = past('weeks', old(900))
  expect(chooseReference(young(500), [weeks])).toEqual({ reference: weeks.reference, shares: [], young: new Set() })
})
