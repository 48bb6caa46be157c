import { createHash, sign, verify } from 'node:crypto'
import Type, { type Static } from 'typebox'
import { Value } from 'typebox/value'
import { ModelUntrustedError } from '../domain/model-errors.ts'
import type { SigningKey, TrustedKey } from './signing-keys.ts'

/** Signatures over one document, which lies elsewhere: by several keys while one takes another's place. */
export const Signatures = Type.Object(
  {
    schema: Type.Literal(1),
    signatures: Type.Array(
      Type.Object({ key: Type.String({ pattern: '^[0-9a-f]{16}$' }), signature: Type.String({ maxLength: 200 }) }),
      { maxItems: 32 },
    ),
  },
  { additionalProperties: false },
)
export type Signatures = Static<typeof Signatures>

/** `sha256:<hex>` of bytes at hand. */
export const digestOfBytes = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** The hex of `sha256:<hex>`. */
export const hexOf = (digest: string): string => digest.slice('sha256:'.length)

/** Sign a document's exact bytes, beside the signatures that other keys have made. */
export const addSignature = (bytes: Uint8Array, { id, key }: SigningKey, others?: Signatures): Signatures => ({
  schema: 1,
  signatures: [
    ...(others?.signatures ?? []).filter((signature) => signature.key !== id),
    { key: id, signature: sign(null, bytes, key).toString('base64') },
  ],
})

/** Signatures in what was read; undefined when it holds none that could be understood. */
export const parseSignatures = (bytes: Uint8Array): Signatures | undefined => {
  try {
    const document: unknown = JSON.parse(Buffer.from(bytes).toString())
    return Value.Check(Signatures, document) ? document : undefined
  } catch {
    return undefined
  }
}

/**
 * Is a document signed by somebody who is trusted?
 * @param what it is, for the error
 * @returns ids of the trusted keys that signed these very bytes
 * @throws ModelUntrustedError when none did
 */
export const verifySignatures = (
  what: string,
  bytes: Uint8Array,
  document: Signatures | undefined,
  trusted: readonly TrustedKey[],
): readonly string[] => {
  if (!document || document.signatures.length === 0) throw new ModelUntrustedError(what, 'it carries no signature')
  const made = document.signatures.flatMap(({ key: id, signature }) => {
    const known = trusted.find((candidate) => candidate.id === id)
    return known ? [{ ...known, signature: Buffer.from(signature, 'base64') }] : []
  })
  if (made.length === 0) throw new ModelUntrustedError(what, 'it is signed by no key that is trusted here')
  const good = made.filter(({ key, signature }) => verify(null, bytes, key, signature))
  if (good.length === 0) throw new ModelUntrustedError(what, 'it was changed after it was signed')
  return good.map(({ id }) => id)
}
