import { expect, it } from 'vitest'
import { KeyUnknownError, SealBrokenError, UnavailableError } from '../../../../infra/domain/errors.ts'
import type { WrappedKey } from '../../../../infra/domain/job.ts'
import { newKeyLine } from '../../../../infra/encryption/key-file.ts'
import { createPictureSealer, openPictureSealer } from '../../../../infra/encryption/picture-sealer.ts'
import { createMemoryKeyWrap } from '../../../fakes/key-wrap.ts'
import { TEST_KEYS } from '../../../fixtures/encryption.ts'
import { aSecretFile, openSecrets } from '../../../fixtures/secret-files.ts'

const PICTURE = Buffer.from('a picture of a person')
const JOB = { tenant: 'acme', id: 'job-1' }

const start = async (sealer = createPictureSealer(createMemoryKeyWrap(['a']))) => {
  const { sealed, seal } = await sealer.begin(JOB.tenant, JOB.id)
  return { sealer, sealed: sealed as WrappedKey, stored: seal('image', PICTURE) }
}

it('opens under its job and name what it sealed, and shows nothing of it', async () => {
  const { sealer, sealed, stored } = await start()
  expect(Buffer.from(stored).includes(PICTURE)).toBe(false)
  const open = await sealer.opener(JOB, sealed)
  expect(Buffer.from(open('image', stored)).equals(PICTURE)).toBe(true)
  expect(() => open('target', stored)).toThrow(SealBrokenError)
})

it('opens nothing for another job or tenant', async () => {
  const { sealer, sealed } = await start()
  await expect(sealer.opener({ ...JOB, id: 'job-2' }, sealed)).rejects.toBeInstanceOf(SealBrokenError)
  await expect(sealer.opener({ ...JOB, tenant: 'other' }, sealed)).rejects.toBeInstanceOf(SealBrokenError)
})

it('gives every job a key of its own', async () => {
  const { sealer, stored } = await start()
  const other = await sealer.begin(JOB.tenant, JOB.id)
  const open = await sealer.opener(JOB, other.sealed as WrappedKey)
  expect(() => open('image', stored)).toThrow(SealBrokenError)
})

it('says so when the keys are away', async () => {
  const keys = createMemoryKeyWrap(['a'])
  keys.takeAway()
  await expect(createPictureSealer(keys).begin('acme', 'job-1')).rejects.toBeInstanceOf(UnavailableError)
})

it('stores pictures as they are when it is switched off, and still opens what was sealed before', async () => {
  const on = await start(openPictureSealer({ ENCRYPTION: 'on', ENCRYPTION_KEYS: TEST_KEYS }))
  const off = openPictureSealer({ ENCRYPTION: 'off', ENCRYPTION_KEYS: TEST_KEYS })
  const { sealed, seal } = await off.begin('acme', 'job-2')
  expect(sealed).toBeUndefined()
  expect(Buffer.from(seal('image', PICTURE)).equals(PICTURE)).toBe(true)
  const open = await off.opener(JOB, on.sealed)
  expect(Buffer.from(open('image', on.stored)).equals(PICTURE)).toBe(true)
})

it('opens nothing without keys', async () => {
  const { sealed } = await start()
  const without = openPictureSealer({ ENCRYPTION: 'off' })
  await expect(without.opener(JOB, sealed)).rejects.toBeInstanceOf(KeyUnknownError)
})

it('keeps up with a file of keys: what another process sealed with a key that was added since opens at once', async () => {
  const file = aSecretFile(TEST_KEYS)
  const { secrets, unusable } = openSecrets({ ENCRYPTION_KEYS_FILE: file.path })
  const ours = openPictureSealer({ ENCRYPTION: 'on', ENCRYPTION_KEYS: TEST_KEYS }, secrets.follow)
  const opens = async ({ sealed, stored }: Awaited<ReturnType<typeof start>>) =>
    Buffer.from((await ours.opener(JOB, sealed))('image', stored)).equals(PICTURE)
  const before = await start(ours)
  const keys = `${newKeyLine('next')}\n${TEST_KEYS}`
  file.write(keys)
  const theirs = await start(openPictureSealer({ ENCRYPTION: 'on', ENCRYPTION_KEYS: keys }))
  expect([before.sealed.kek, theirs.sealed.kek]).toEqual(['test', 'next'])
  expect([await opens(theirs), await opens(before)]).toEqual([true, true])
  expect((await start(ours)).sealed.kek).toBe('next')
  file.write('nonsense')
  await expect(ours.opener(JOB, { ...theirs.sealed, kek: 'unknown' })).rejects.toBeInstanceOf(KeyUnknownError)
  expect(unusable()).toEqual({ ENCRYPTION_KEYS: 1 })
  expect([await opens(theirs), await opens(before)]).toEqual([true, true])
})
