import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { UsageError } from '../exit-code.ts'
import { BundleRefusedError } from './errors.ts'

/** A new pair as PEM: what `openssl pkey` and `openssl pkeyutl` read too. */
export const newKeyPair = (): { readonly privateKey: string; readonly publicKey: string } => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

const readKey = (path: string, make: (pem: string) => KeyObject, kind: string): KeyObject => {
  let pem: string
  try {
    pem = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`the ${kind} key cannot be read: ${path}`, { cause: error })
  }
  let key: KeyObject
  try {
    key = make(pem)
  } catch {
    throw new UsageError(`this is no ${kind} key in PEM: ${path}`)
  }
  if (key.asymmetricKeyType !== 'ed25519') throw new UsageError(`this is no Ed25519 key: ${path}`)
  return key
}

const OTHERS = 0o077

/**
 * The vendor's private key.
 * @throws UsageError when it is none, or when others than its owner may read it
 */
export const readPrivateKey = (path: string): KeyObject => {
  const key = readKey(path, createPrivateKey, 'private')
  if ((statSync(path).mode & OTHERS) !== 0)
    throw new UsageError(`others than its owner may read this private key: chmod 600 '${path}'`)
  return key
}

/**
 * The vendor's public key.
 * @throws UsageError when it is none; a private key is refused too, because it has no business here
 */
export const readPublicKey = (path: string): KeyObject =>
  readKey(
    path,
    (pem) => {
      if (/PRIVATE KEY/.test(pem)) throw new Error('private')
      return createPublicKey(pem)
    },
    'public',
  )

/** SHA-256 of the public key as DER, in hex: what people compare. `openssl pkey -pubin -outform DER | sha256sum` is the same. */
export const fingerprintOf = (key: KeyObject): string => {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
}

/** The 64 bytes over a manifest's exact text. */
export const signManifest = (text: string, privateKey: KeyObject): Buffer => sign(null, Buffer.from(text), privateKey)

/** @throws BundleRefusedError when this key did not sign this text */
export const verifySignature = (text: Uint8Array, signature: Uint8Array, publicKey: KeyObject): void => {
  if (!verify(null, text, publicKey, signature))
    throw new BundleRefusedError('the signature is not of this manifest and this key')
}
