import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SDK_VERSION } from '../../../../api/client/version.ts'
import { sdkOf } from '../../../../api/routes/check-headers.ts'
import { BASE64, startChecks } from '../../../fixtures/checks.ts'

const of = (said: string | undefined) => sdkOf({ headers: said === undefined ? {} : { 'x-muster-sdk': said } })

it.each([
  [undefined, undefined],
  ['js/1.2.3', 'js 1.2'],
  ['js/10.20.30-rc.1', 'js 10.20'],
  ['js/01.02.3', 'js 1.2'],
  ['js/1.2', 'other'],
  ['js/100.2.3', 'other'],
  ['python/1.2.3', 'other'],
  ['js/1.2.3 Jane Doe', 'other'],
  ['', 'other'],
])('what says it is %j is known as %j', (said, known) => {
  expect(of(said)).toBe(known)
})

it('the SDK itself is known', () => {
  expect(of(`js/${SDK_VERSION}`)).toMatch(/^js \d+\.\d+$/)
})

it('nothing a caller says is repeated', () => {
  fc.assert(fc.property(fc.string(), (said) => void expect(of(said)).toMatch(/^(other|js \d{1,2}\.\d{1,2})$/)))
})

it('the job knows which SDK sent it, and nothing of one that says nothing', async () => {
  const { post: send, deps } = await startChecks()
  const payload = { image: { base64: BASE64 } }
  await send('ocr', { headers: { prefer: 'respond-async', 'x-muster-sdk': 'js/1.2.3' }, payload })
  await send('ocr', { headers: { prefer: 'respond-async' }, payload })
  expect(deps.jobs.all().map(({ input }) => input.sdk)).toEqual(['js 1.2', undefined])
})
