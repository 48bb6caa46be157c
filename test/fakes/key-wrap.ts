import { randomUUID } from 'node:crypto'
import { KeyUnknownError, SealBrokenError, UnavailableError } from '../../infra/domain/errors.ts'
import type { KeyWrap } from '../../infra/ports/key-wrap.ts'

/** A key management service in memory: it keeps what it wrapped and hands out tickets. Can be taken away. */
export interface MemoryKeyWrap extends KeyWrap {
  takeAway(): void
}

/** What services of one test wrapped, by ticket; the services share it as real ones share their key material. */
export const createVault = () => new Map<string, { kek: string; context: string; dataKey: Uint8Array }>()

/** @param ids of the keys it holds; the first is the present one */
export const createMemoryKeyWrap = (ids: readonly [string, ...string[]], vault = createVault()): MemoryKeyWrap => {
  let there = true
  const check = (): void => {
    if (!there) throw new UnavailableError('keys', undefined)
  }
  return {
    async wrap(dataKey, context) {
      check()
      const ticket = randomUUID()
      vault.set(Buffer.from(ticket).toString('base64'), { kek: ids[0], context, dataKey: Uint8Array.from(dataKey) })
      return { kek: ids[0], key: Buffer.from(ticket).toString('base64') }
    },
    async unwrap({ kek, key }, context) {
      check()
      if (!ids.includes(kek)) throw new KeyUnknownError(kek)
      const kept = vault.get(key)
      if (kept?.kek !== kek || kept.context !== context) throw new SealBrokenError()
      return kept.dataKey
    },
    takeAway() {
      there = false
    },
  }
}
