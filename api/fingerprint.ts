import { createHash } from 'node:crypto'
import type { Json } from '../infra/domain/json.ts'
import type { TaskName } from '../infra/domain/task.ts'

/** JSON with the members of every object in the order of their names: equal values give equal text. */
export const canonicalJson = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`
}

/** Hex SHA-256 of bytes. */
export const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** What stands for a person in our rows: without the reference itself nobody can ask for it. */
export const subjectHash = (tenant: string, subject: string): string => sha256(canonicalJson([tenant, subject]))

/**
 * What makes two submissions the same request: the task, its options and the pictures, never the bytes on the wire, whose
 * multipart boundary changes with every try.
 * @param pictures by field name: the hex SHA-256 of the bytes received, or the upload's id
 * @source IETF draft-ietf-httpapi-idempotency-key-header-07, section 2.4
 */
export const fingerprintOf = (
  task: TaskName,
  options: { readonly [name: string]: Json },
  pictures: { readonly [name: string]: string },
): string => sha256(canonicalJson({ task, options, pictures }))
