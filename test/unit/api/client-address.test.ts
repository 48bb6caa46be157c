import { expect, it } from 'vitest'
import { startApi } from '../../fixtures/api.ts'

const PROXY = '198.51.100.7'
const wrongKeys = async (trustedProxies: readonly string[], froms: readonly string[], remoteAddress = PROXY) => {
  const { app, auth } = await startApi(undefined, { trustedProxies })
  const ask = (from: string, headers: object) =>
    app.inject({ url: '/v1/tenant', remoteAddress, headers: { ...headers, 'x-forwarded-for': from } })
  const codes: number[] = []
  for (const from of froms) codes.push((await ask(from, { authorization: 'Bearer junk' })).statusCode)
  return { codes, good: (from: string) => ask(from, auth) }
}
const twenty = (from: string): readonly string[] => Array.from({ length: 20 }, () => from)

it('behind a trusted proxy counts the address the proxy names', async () => {
  const { codes, good } = await wrongKeys(['198.51.100.0/24'], [...twenty('192.0.2.1'), '192.0.2.1', '192.0.2.2'])
  expect(codes).toEqual([...twenty('').map(() => 401), 429, 401])
  const refused = await good('192.0.2.1')
  expect(refused.json()).toMatchObject({ status: 429, code: 'TOO_MANY_FAILURES' })
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
  expect((await good('192.0.2.2')).statusCode).toBe(200)
})

it('believes nobody else: the address of the connection counts, whatever a caller writes', async () => {
  const made = Array.from({ length: 21 }, (_, index) => `192.0.2.${index}`)
  for (const proxies of [[], ['203.0.113.1']]) {
    const { codes } = await wrongKeys(proxies, made)
    expect([proxies, codes.at(-1)]).toEqual([proxies, 429])
  }
})
