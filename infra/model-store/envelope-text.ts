import type { Envelope } from './repository.ts'
import { parseSignatures } from './signatures.ts'

/** A document and its signatures as one text, so that on the disk both are of one time. */
export const packEnvelope = ({ bytes, signatures }: Envelope): string =>
  `${JSON.stringify({ document: Buffer.from(bytes).toString('base64'), signatures })}\n`

/** What was packed; undefined for anything else. */
export const unpackEnvelope = (text: string): Envelope | undefined => {
  try {
    const { document, signatures } = JSON.parse(text) as { document: string; signatures: unknown }
    return {
      bytes: Buffer.from(document, 'base64'),
      signatures: parseSignatures(Buffer.from(JSON.stringify(signatures ?? null))),
    }
  } catch {
    return undefined
  }
}
