import { expect, it, vi } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { hashSecret, makeApiKey } from '../../../../infra/http/api-key.ts'
import { createAuthenticate, KEY_CACHE_MS } from '../../../../infra/http/authenticate.ts'
import { addKey, createMemoryKeyStore } from '../../../fakes/key-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const start = async () => {
  let now = 1_800_000_000_000
  const keys = createMemoryKeyStore(() => now)
  const clock = { now: () => now, monotonic: () => now }
  const authenticateFrom = createAuthenticate({ keys, clock, ...silence() })
  const authenticate = (header: string | undefined, address = '192.0.2.1') => authenticateFrom(header, address)
  const key = await addKey(keys, { tenant: 'acme' })
  const [, , keyId = ''] = key.split('_')
  const pass = (ms: number): void => {
    now += ms
  }
  return { keys, authenticate, key, keyId, now, pass }
}

const UNAUTHENTICATED = expect.objectContaining({ code: 'UNAUTHENTICATED' })

it('tells on whose behalf a key acts', async () => {
  const { authenticate, key, keyId } = await start()
  expect(await authenticate(`Bearer ${key}`)).toEqual({ tenant: 'acme', keyId, role: 'admin', scopes: [] })
  expect(await authenticate(`bearer  ${key}`)).toEqual({ tenant: 'acme', keyId, role: 'admin', scopes: [] })
})

it.each([
  ['nothing', undefined],
  ['another scheme', 'Basic YTpi'],
  ['an empty token', 'Bearer '],
  ['junk', 'Bearer muster_live_aaaaaaaaaaaa_bbbb'],
  ['two tokens', 'Bearer a b'],
])('refuses %s without a look-up', async (_what, header) => {
  const { authenticate, keys } = await start()
  await expect(authenticate(header)).rejects.toEqual(UNAUTHENTICATED)
  expect(keys.lookUpCount()).toBe(0)
})

it('refuses a key it does not know', async () => {
  const { authenticate } = await start()
  const { key } = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(3))
  await expect(authenticate(`Bearer ${key}`)).rejects.toEqual(UNAUTHENTICATED)
})

it('refuses a known id with another secret', async () => {
  const { authenticate, keys } = await start()
  const other = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(5))
  const rights = { role: 'viewer', scopes: [], createdBy: null } as const
  const secretSha256 = hashSecret('x')
  await keys.create({ keyId: other.keyId, tenant: 'acme', name: '', ...rights, expiresAt: null, secretSha256 })
  await expect(authenticate(`Bearer ${other.key}`)).rejects.toEqual(UNAUTHENTICATED)
})

it('refuses a key from the moment it expires', async () => {
  const { authenticate, keys, now, pass } = await start()
  const key = await addKey(keys, { expiresAt: now + 10 })
  await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ tenant: 'acme' })
  pass(10)
  await expect(authenticate(`Bearer ${key}`)).rejects.toEqual(UNAUTHENTICATED)
})

it('refuses a revoked key half a minute later at the latest', async () => {
  const { authenticate, keys, key, keyId, pass } = await start()
  await authenticate(`Bearer ${key}`)
  await keys.revoke(keyId)
  pass(KEY_CACHE_MS)
  await expect(authenticate(`Bearer ${key}`)).rejects.toEqual(UNAUTHENTICATED)
})

it('asks the store once for many requests, also when it knows no such key', async () => {
  const { authenticate, keys, key } = await start()
  await Promise.all(Array.from({ length: 20 }, () => authenticate(`Bearer ${key}`)))
  expect(keys.lookUpCount()).toBe(1)
  const { key: unknown } = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(3))
  for (let round = 0; round < 3; round += 1) await authenticate(`Bearer ${unknown}`).catch(() => {})
  expect(keys.lookUpCount()).toBe(2)
})

it('keeps the day of last use', async () => {
  const { authenticate, keys, key, keyId, now } = await start()
  await authenticate(`Bearer ${key}`)
  expect((await keys.find(keyId))?.key.lastUsedAt).toBe(new Date(now).setUTCHours(0, 0, 0, 0))
})

it('says that it cannot tell when the store is away, and asks again next time', async () => {
  const { authenticate, keys, key } = await start()
  vi.spyOn(keys, 'find').mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  await expect(authenticate(`Bearer ${key}`)).rejects.toBeInstanceOf(UnavailableError)
  await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ tenant: 'acme' })
})

it('admits a caller whose day of last use cannot be kept', async () => {
  const { authenticate, keys, key } = await start()
  vi.spyOn(keys, 'touch').mockRejectedValueOnce(new UnavailableError('postgres', undefined))
  await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ tenant: 'acme' })
})

it('hears no more of an address that sends wrong keys, and asks the store nothing for it', async () => {
  const { authenticate, keys } = await start()
  for (let round = 0; round < 20; round += 1) await expect(authenticate('Bearer junk')).rejects.toEqual(UNAUTHENTICATED)
  const { key: unknown } = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(3))
  await expect(authenticate(`Bearer ${unknown}`)).rejects.toMatchObject({
    code: 'TOO_MANY_FAILURES',
    headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
  })
  expect(keys.lookUpCount()).toBe(0)
})

it.each(['revoked', 'expired'] as const)(
  'holds a key that is %s against nobody who shares its address',
  async (how) => {
    const { authenticate, keys, now, pass } = await start()
    const spent = await addKey(keys, { expiresAt: how === 'expired' ? now + 10 : null })
    await authenticate(`Bearer ${spent}`)
    if (how === 'revoked') await keys.revoke(spent.split('_')[2] ?? '')
    pass(KEY_CACHE_MS)
    for (let round = 0; round < 20; round += 1)
      await expect(authenticate(`Bearer ${spent}`)).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
        message: expect.stringContaining(how),
      })
    const neighbour = await addKey(keys, { tenant: 'acme' })
    await expect(authenticate(`Bearer ${neighbour}`)).resolves.toMatchObject({ tenant: 'acme' })
    // It may not be sent for ever either, from wherever it comes.
    for (const address of ['192.0.2.1', '192.0.2.2'])
      await expect(authenticate(`Bearer ${spent}`, address)).rejects.toMatchObject({
        code: 'TOO_MANY_FAILURES',
        headers: { 'retry-after': expect.stringMatching(/^[1-9]\d*$/) },
      })
    pass(5_000)
    await expect(authenticate(`Bearer ${spent}`)).rejects.toEqual(UNAUTHENTICATED)
  },
)

it('tells whoever does not have the secret nothing of a revoked key, and counts him as a guesser', async () => {
  const { authenticate, keys } = await start()
  const { key, keyId } = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(5))
  const rights = { role: 'viewer', scopes: [], createdBy: null } as const
  await keys.create({ keyId, tenant: 'acme', name: '', ...rights, expiresAt: null, secretSha256: hashSecret('x') })
  await keys.revoke(keyId)
  const unknown = makeApiKey((byteCount) => new Uint8Array(byteCount).fill(3)).key
  const said = async (bearer: string, address: string) => {
    const answers: unknown[] = []
    for (let round = 0; round < 22; round += 1)
      await authenticate(`Bearer ${bearer}`, address).catch(({ code, message, headers }) => {
        answers.push([code, message, headers])
      })
    return answers
  }
  const answers = await said(key, '192.0.2.1')
  expect(answers).toEqual(await said(unknown, '192.0.2.2'))
  expect(answers.at(-1)).toMatchObject(['TOO_MANY_FAILURES', expect.anything(), expect.anything()])
})

it('hears a good key from another address, and from the same one where it was good before', async () => {
  const { authenticate, key, pass, keyId, keys } = await start()
  await authenticate(`Bearer ${key}`)
  const later = await addKey(keys, { tenant: 'acme' })
  for (let round = 0; round < 20; round += 1) await authenticate('Bearer junk').catch(() => {})
  await expect(authenticate(`Bearer ${later}`)).rejects.toMatchObject({ code: 'TOO_MANY_FAILURES' })
  await expect(authenticate(`Bearer ${later}`, '192.0.2.2')).resolves.toMatchObject({ tenant: 'acme' })
  // Also when the store must be asked again.
  pass(KEY_CACHE_MS)
  await expect(authenticate(`Bearer ${key}`)).resolves.toMatchObject({ keyId })
})

it('admits any number of new keys that come from one address at once', async () => {
  const { authenticate, keys } = await start()
  const fresh = await Promise.all(Array.from({ length: 100 }, () => addKey(keys)))
  const admitted = await Promise.all(fresh.map((key) => authenticate(`Bearer ${key}`)))
  expect(admitted).toHaveLength(100)
})

it('stops hearing a key that was good when it is revoked, whatever the address did', async () => {
  const { authenticate, keys, key, keyId, pass } = await start()
  await authenticate(`Bearer ${key}`)
  await keys.revoke(keyId)
  pass(KEY_CACHE_MS)
  await expect(authenticate(`Bearer ${key}`)).rejects.toEqual(UNAUTHENTICATED)
  for (let round = 0; round < 20; round += 1) await authenticate('Bearer junk').catch(() => {})
  await expect(authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'TOO_MANY_FAILURES' })
})
