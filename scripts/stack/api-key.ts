import { parseApiKey } from '../../infra/http/api-key.ts'
import { createKeyStore } from '../../infra/postgres/key-store.ts'
import { openPool } from '../../infra/postgres/pool.ts'
import { createKey } from '../keys.ts'
import { readSettings, STACK_TENANT, type StackPaths, writeSettings } from './folder.ts'

const isUsable = async (databaseUrl: string, key: string): Promise<boolean> => {
  const parts = parseApiKey(key)
  if (!parts) return false
  const pool = openPool({ url: databaseUrl, maxCount: 1 })
  try {
    const found = await createKeyStore(pool).find(parts.keyId)
    // Keys made before there were roles are submitters'; whoever runs a stack of his own may do everything there.
    return found?.key.revokedAt === null && found.key.role === 'admin'
  } finally {
    await pool.end()
  }
}

/** The stack's own API key: made at the first start, and again when the database no longer knows it. */
export const ensureApiKey = async (paths: StackPaths, databaseUrl: string): Promise<string> => {
  const settings = readSettings(paths)
  if (settings.apiKey && (await isUsable(databaseUrl, settings.apiKey))) return settings.apiKey
  const apiKey = await createKey(databaseUrl, { tenant: STACK_TENANT, name: 'local stack', role: 'admin' })
  writeSettings(paths, { ...settings, apiKey })
  return apiKey
}
