import { createHash } from 'node:crypto'

/** Addresses hold passwords. */
const SECRET = /URL|SECRET|KEY|PASSWORD|TOKEN|HEADERS/

/**
 * One hash of a configuration, so that the audit trail shows when it changed and which processes share it. Of secrets only
 * whether they are set goes into it. Pure.
 * @returns hex SHA-256
 */
export const configDigest = (config: Readonly<Record<string, unknown>>): string => {
  const lines = Object.entries(config)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${SECRET.test(name) ? 'set' : JSON.stringify(value)}`)
    .sort()
  return createHash('sha256').update(lines.join('\n')).digest('hex')
}
