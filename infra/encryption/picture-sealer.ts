import { randomBytes } from 'node:crypto'
import { KeyUnknownError } from '../domain/errors.ts'
import type { KeyWrap } from '../ports/key-wrap.ts'
import type { PictureSealer } from '../ports/picture-sealer.ts'
import { lastingSecrets, type Secret, type Secrets } from '../runtime/secrets.ts'
import { createKeyFileWrap } from './key-file.ts'
import { KEY_BYTES, NONCE_BYTES, open, seal } from './sealed-bytes.ts'

/** As JSON: no tenant can be named so that two contexts become one. */
const jobContext = (tenant: string, jobId: string): string => JSON.stringify([tenant, jobId])
const pictureContext = (tenant: string, jobId: string, name: string): string => JSON.stringify([tenant, jobId, name])

/** Envelope encryption: one random data key a job, wrapped by `keys`; pictures under AES-256-GCM. */
export const createPictureSealer = (keys: KeyWrap): PictureSealer => ({
  async begin(tenant, jobId) {
    const dataKey = randomBytes(KEY_BYTES)
    return {
      sealed: await keys.wrap(dataKey, jobContext(tenant, jobId)),
      seal: (name, picture) => seal(dataKey, randomBytes(NONCE_BYTES), picture, pictureContext(tenant, jobId, name)),
    }
  },
  async opener({ tenant, id }, sealed) {
    const dataKey = await keys.unwrap(sealed, jobContext(tenant, id))
    return (name, bytes) => open(dataKey, bytes, pictureContext(tenant, id, name))
  },
})

/** Stores pictures as they are, and opens none that are sealed. */
export const noPictureSealer: PictureSealer = {
  begin: async () => ({ sealed: undefined, seal: (_name, picture) => picture }),
  opener: async (_job, { kek }) => {
    throw new KeyUnknownError(kek)
  },
}

/**
 * Wraps with the keys as they are now. Keys are handed out one process after the other: for one that is not known the file
 * is looked at first.
 */
export const createFollowingWrap = (keys: Secret<KeyWrap>): KeyWrap => ({
  wrap: (dataKey, context) => keys.now().wrap(dataKey, context),
  unwrap: (wrapped, context) =>
    keys
      .now()
      .unwrap(wrapped, context)
      .catch((error: unknown) => {
        if (!(error instanceof KeyUnknownError)) throw error
        return keys.renewed().unwrap(wrapped, context)
      }),
})

/** The encryption variables. */
export interface EncryptionVariables {
  readonly ENCRYPTION: string
  readonly ENCRYPTION_KEYS?: string
}

/**
 * The sealer a configuration asks for. Switched off with the keys still there, it seals no more and opens what was sealed
 * before.
 * @param follow keeps up with the keys
 * @throws KeyFileInvalidError
 */
export const openPictureSealer = (
  { ENCRYPTION, ENCRYPTION_KEYS }: EncryptionVariables,
  follow: Secrets['follow'] = lastingSecrets.follow,
): PictureSealer => {
  if (ENCRYPTION_KEYS === undefined) return noPictureSealer
  const sealer = createPictureSealer(createFollowingWrap(follow('ENCRYPTION_KEYS', ENCRYPTION_KEYS, createKeyFileWrap)))
  return ENCRYPTION === 'off' ? { ...sealer, begin: noPictureSealer.begin } : sealer
}
