import { expect, it, onTestFinished, vi } from 'vitest'
import { createApi } from '../../../../../../autoscaler/console/page/state/api.ts'

const start = () => {
  const [good, calls] = [new Set(['one', 'two']), [] as { readonly path: string; readonly key: string | undefined }[]]
  const keys: { now: string | undefined } = { now: 'one' }
  vi.stubGlobal('fetch', async (url: string, { headers }: { headers: Readonly<Record<string, string>> }) => {
    const key = headers.authorization?.replace('Bearer ', '')
    calls.push({ path: new URL(url).pathname, key })
    return good.has(key ?? '')
      ? Response.json({ ok: true })
      : Response.json({ code: 'UNAUTHENTICATED' }, { status: 401 })
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  const onRefused = vi.fn()
  const api = createApi({ key: () => keys.now, onRefused, base: 'https://muster.example/ops/console/' })
  return { good, calls, keys, onRefused, api }
}

it('asks beside its own page, with the key in a header and never in the address', async () => {
  const { api, calls } = start()
  expect(await api.get('pools', { limit: 3 })).toEqual({ ok: true })
  expect(calls).toEqual([{ path: '/ops/v1/pools', key: 'one' }])
})

it('sends a key that was refused no more, so that whoever signs in is not locked out by his own panels', async () => {
  const { api, calls, good, keys, onRefused } = start()
  good.delete('one')
  for (let asked = 0; asked < 5; asked += 1) await expect(api.get('pools')).rejects.toMatchObject({ status: 401 })
  await expect(api.send('POST', 'nodes/a/drain', {})).rejects.toMatchObject({ status: 401 })
  expect(calls).toHaveLength(1)
  expect(onRefused).toHaveBeenCalledOnce()
  keys.now = 'two'
  expect(await api.get('pools')).toEqual({ ok: true })
})

it('asks whose key it is of any key, and believes in it again when it is good', async () => {
  const { api, good } = start()
  good.delete('one')
  await expect(api.get('pools')).rejects.toMatchObject({ status: 401 })
  await expect(api.get('session')).rejects.toMatchObject({ status: 401 })
  good.add('one')
  await api.get('session')
  expect(await api.get('pools')).toEqual({ ok: true })
})

it('says nothing of a refusal of the key before', async () => {
  const { api, good, keys, onRefused } = start()
  good.delete('one')
  const asked = api.get('pools')
  keys.now = 'two'
  await expect(asked).rejects.toMatchObject({ status: 401 })
  expect(onRefused).not.toHaveBeenCalled()
})
