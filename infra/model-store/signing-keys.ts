import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { AppError } from '../domain/errors.ts'

/** A file of keys cannot be used. Never says what it holds. */
export class SigningKeyError extends AppError {
  readonly code = 'CONFIG'
  readonly retryable = false
}

/** A key whose signatures count here. */
export interface TrustedKey {
  /** made of the key itself, so that nobody has to name keys */
  readonly id: string
  readonly key: KeyObject
}

/** A key that signs. */
export type SigningKey = TrustedKey

const KEY_KIND = 'ed25519'
const ID_LENGTH = 16
const PEM = /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g
const OTHERS = 0o077
const OTHERS_WRITE = 0o022

const publicOf = (key: KeyObject): KeyObject => (key.type === 'private' ? createPublicKey(key) : key)

const idOf = (key: KeyObject): string => {
  const bytes = publicOf(key).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(bytes).digest('hex').slice(0, ID_LENGTH)
}

const asKey = (make: () => KeyObject, path: string): KeyObject => {
  let key: KeyObject
  try {
    key = make()
  } catch {
    throw new SigningKeyError(`${path} holds no key in PEM`)
  }
  if (key.asymmetricKeyType !== KEY_KIND) throw new SigningKeyError(`${path} holds a key that is not Ed25519`)
  return key
}

const readKeyFile = (path: string, refused: number, why: string): string => {
  try {
    if ((statSync(path).mode & refused) === 0) return readFileSync(path, 'utf8')
  } catch {
    throw new SigningKeyError(`${path} cannot be read`)
  }
  throw new SigningKeyError(`${path} ${why}`)
}

/**
 * The keys that are trusted: public Ed25519 keys in PEM, one after the other; what stands between them is a remark.
 * Several, so that a new one is trusted everywhere before it signs.
 * @throws SigningKeyError, also when others than its owner may write to the file
 */
export const readTrustedKeys = (path: string): readonly TrustedKey[] => {
  const text = readKeyFile(path, OTHERS_WRITE, 'can be written to by others than its owner: `chmod go-w` it')
  const keys = [...text.matchAll(PEM)].map(([pem]) => asKey(() => createPublicKey(pem), path))
  if (keys.length === 0) throw new SigningKeyError(`${path} holds no public key in PEM`)
  return keys.map((key) => ({ id: idOf(key), key }))
}

/** The key a publisher signs with. @throws SigningKeyError, also when others than its owner may read the file */
export const readSigningKey = (path: string): SigningKey => {
  const text = readKeyFile(path, OTHERS, 'can be read by others than its owner: `chmod 600` it')
  const key = asKey(() => createPrivateKey(text), path)
  return { id: idOf(key), key }
}

/** What others need to trust a signing key: its public half. */
export const trustedOf = ({ id, key }: SigningKey): TrustedKey => ({ id, key: publicOf(key) })

/** A new pair, as PEM texts. */
export const newKeyPair = (): { readonly id: string; readonly privateKey: string; readonly publicKey: string } => {
  const { privateKey, publicKey } = generateKeyPairSync(KEY_KIND)
  return {
    id: idOf(publicKey),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}
