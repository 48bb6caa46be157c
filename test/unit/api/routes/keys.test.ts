import { describe, expect, it } from 'vitest'
import { addKey } from '../../../fakes/key-store.ts'
import { type Deps, startApi } from '../../../fixtures/api.ts'

const anotherKey = async ({ keys }: Deps): Promise<string> => {
  await addKey(keys, { tenant: 'acme', name: 'to be rotated' })
  return (await keys.list('acme')).find(({ name }) => name === 'to be rotated')?.keyId as string
}

const start = async () => {
  const { app, auth, deps } = await startApi()
  const rotate = async (headers: Record<string, string>, payload?: string) => {
    const url = `/v1/keys/${await anotherKey(deps)}/rotate`
    return app.inject({
      method: 'POST',
      url,
      headers: { ...auth, ...headers },
      ...(payload !== undefined && { payload }),
    })
  }
  const ask = (path: string, payload?: object) =>
    app.inject({ method: 'POST', url: `/v1/keys${path}`, headers: auth, ...(payload && { payload }) })
  return { ask, rotate, deps }
}

describe('the name of a key', () => {
  it.each(['\0', 'a\0b', 'a\nb', '\u001b[31mred', 'a\u007f', 'a\u0085b', ''])('cannot be %j', async (name) => {
    const { ask, deps } = await start()
    const answer = await ask('', { name })
    expect(answer.json()).toMatchObject({ status: 400, code: 'INVALID_REQUEST', errors: [{ pointer: '/name' }] })
    expect((await deps.keys.list('acme')).map((key) => key.name)).not.toContain(name)
  })

  it('may be in any script', async () => {
    const { ask } = await start()
    expect((await ask('', { name: 'Schlüssel № 7 – 鍵' })).json()).toMatchObject({ name: 'Schlüssel № 7 – 鍵' })
  })
})

describe('rotating a key', () => {
  const json = { 'content-type': 'application/json' }

  it.each<[string, Record<string, string>, string | undefined]>([
    ['no body', {}, undefined],
    ['an empty one of JSON', json, ''],
    ['an empty object', json, '{}'],
    ['a grace', json, '{"graceMs":0}'],
  ])('takes %s', async (_what, headers, payload) => {
    const { rotate } = await start()
    const answer = await rotate(headers, payload)
    expect([answer.statusCode, answer.json().name]).toEqual([201, 'to be rotated'])
  })

  it.each<[string, Record<string, string>, string, string]>([
    ['broken JSON', json, '{', 'MALFORMED_BODY'],
    ['another member', json, '{"grace":0}', 'INVALID_REQUEST'],
    ['null', json, 'null', 'INVALID_REQUEST'],
  ])('does not take %s', async (_what, headers, payload, code) => {
    const { rotate } = await start()
    expect((await rotate(headers, payload)).json()).toMatchObject({ status: 400, code })
  })
})
