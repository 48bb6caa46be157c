import { expect, it } from 'vitest'
import { startApi } from '../../../fixtures/api.ts'

const start = async () => {
  const { app, auth, deps } = await startApi()
  const put = (headers: Record<string, string>, payload?: string) =>
    app.inject({
      method: 'PUT',
      url: '/v1/tenant',
      headers: { ...auth, ...headers },
      ...(payload !== undefined && { payload }),
    })
  return { put, deps }
}
const json = { 'content-type': 'application/json' }

it.each<[string, Record<string, string>, string | undefined]>([
  ['no body', {}, undefined],
  ['an empty one of JSON', json, ''],
])('is not changed by %s', async (_what, headers, payload) => {
  const { put, deps } = await start()
  expect((await put(headers, payload)).json()).toMatchObject({ status: 400, code: 'MALFORMED_BODY' })
  expect([await deps.tenants.find('acme'), deps.audit.events]).toEqual([{}, []])
})

it('changes what is named, and keeps the rest', async () => {
  const { put } = await start()
  const before = (await put(json, '{}')).json()
  const after = (await put(json, '{"resultTtlMs":1000}')).json()
  expect(after).toEqual({ ...before, settings: { ...before.settings, resultTtlMs: 1000 } })
})
