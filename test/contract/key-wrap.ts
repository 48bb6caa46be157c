import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { KeyUnknownError, SealBrokenError } from '../../infra/domain/errors.ts'
import type { KeyWrap } from '../../infra/ports/key-wrap.ts'

/** What every holder of key-encryption keys does. @param open one that holds the keys of these ids, the first as the present one */
export const describeKeyWrap = (adapter: string, open: (ids: readonly string[]) => Promise<KeyWrap>): void => {
  describe(`KeyWrap on ${adapter}`, () => {
    const dataKey = randomBytes(32)

    it('gives back what it wrapped, and shows nothing of it', async () => {
      const keys = await open(['a'])
      const wrapped = await keys.wrap(dataKey, 'job 1')
      expect(wrapped.kek).toBe('a')
      expect(Buffer.from(wrapped.key, 'base64').includes(dataKey)).toBe(false)
      expect(Buffer.from(await keys.unwrap(wrapped, 'job 1')).equals(dataKey)).toBe(true)
    })

    it('wraps the same key differently every time', async () => {
      const keys = await open(['a'])
      expect((await keys.wrap(dataKey, 'job 1')).key).not.toBe((await keys.wrap(dataKey, 'job 1')).key)
    })

    it('wraps with the first key and unwraps with every one', async () => {
      const before = await open(['old'])
      const wrapped = await before.wrap(dataKey, 'job 1')
      const rotated = await open(['new', 'old'])
      expect(Buffer.from(await rotated.unwrap(wrapped, 'job 1')).equals(dataKey)).toBe(true)
      expect((await rotated.wrap(dataKey, 'job 1')).kek).toBe('new')
    })

    it('says that the key is not there any more', async () => {
      const wrapped = await (await open(['old'])).wrap(dataKey, 'job 1')
      await expect((await open(['new'])).unwrap(wrapped, 'job 1')).rejects.toBeInstanceOf(KeyUnknownError)
    })

    it('unwraps nothing for another context, under another id, or changed', async () => {
      const keys = await open(['a', 'b'])
      const wrapped = await keys.wrap(dataKey, 'job 1')
      const changed = Buffer.from(wrapped.key, 'base64')
      changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
      await expect(keys.unwrap(wrapped, 'job 2')).rejects.toBeInstanceOf(SealBrokenError)
      await expect(keys.unwrap({ ...wrapped, kek: 'b' }, 'job 1')).rejects.toBeInstanceOf(SealBrokenError)
      await expect(keys.unwrap({ ...wrapped, key: '' }, 'job 1')).rejects.toBeInstanceOf(SealBrokenError)
      const other = { ...wrapped, key: changed.toString('base64') }
      await expect(keys.unwrap(other, 'job 1')).rejects.toBeInstanceOf(SealBrokenError)
    })
  })
}
