import { describe, expect, it } from 'vitest'
import { startApi } from '../../../fixtures/api.ts'

const start = async () => {
  const { app, auth, deps } = await startApi()
  const ask = (path: string, payload?: object) =>
    app.inject({ method: 'POST', url: `/v1/keys${path}`, headers: auth, ...(payload && { payload }) })
  return { ask, deps }
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
