import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { MEASURED } from '../../../../scripts/scale/figures.ts'
import type { Prices } from '../../../../scripts/scale/needs.ts'
import { inColumns, ORDINARY, planOf, SIZES } from '../../../../scripts/scale/report.ts'

const read = (file: string) => readFileSync(new URL(`../../../../docs/${file}`, import.meta.url), 'utf8')

it('docs/scale.md has the figures that the command prints', () => {
  const prices = JSON.parse(read('prices.example.json')) as Prices
  const plans = SIZES.map((checksPerDay) => planOf({ checksPerDay, ...ORDINARY }, MEASURED, prices))
  expect(read('scale.md')).toContain(inColumns(plans, prices.currency))
})
