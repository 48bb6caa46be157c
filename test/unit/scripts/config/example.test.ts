import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { allVariables, formatExample } from '../../../../scripts/config/variables.ts'

it('is what .env.example shows; run `./muster config example > .env.example` after a change', () => {
  const shown = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8')
  expect(shown).toBe(formatExample(allVariables()))
})
