import { randomBytes, randomUUID } from 'node:crypto'
import { type Finding, problem, well } from '../../infra/doctor/finding.ts'
import type { Env } from './env.ts'
import { secretValue } from './secret-value.ts'

const PROBE_BYTES = 16
const CHECK = 'storage'

/** Can pictures be stored, read and deleted? A small object is, and is gone afterwards. */
export const lookAtStorage = async (env: Env): Promise<readonly Finding[]> => {
  const { openBlobStore } = await import('../../infra/object-storage/open-blob-store.ts')
  const [accessKeyId, secretAccessKey] = [
    secretValue(env, 'STORAGE_ACCESS_KEY'),
    secretValue(env, 'STORAGE_SECRET_KEY'),
  ]
  const { store } = openBlobStore(env.STORAGE_URL ?? '', {
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : undefined,
    gcsKeyFile: env.STORAGE_GCS_KEY_PATH,
    ...(env.STORAGE_TIMEOUT_MS && { timeoutMs: Number(env.STORAGE_TIMEOUT_MS) }),
  })
  const [key, body] = [`probe/${randomUUID()}`, randomBytes(PROBE_BYTES)]
  try {
    await store.put(key, body, 'application/octet-stream')
    const found = Buffer.from(await store.get(key, PROBE_BYTES))
    await store.delete(key)
    return found.equals(body)
      ? [well(CHECK, 'an object was stored, read and deleted')]
      : [problem(CHECK, 'an object that was stored is another when it is read', 'look at the storage itself')]
  } catch (error) {
    const fix = 'see STORAGE_URL, its credentials and their rights (docs/storage.md)'
    return [problem(CHECK, `an object cannot be stored, read and deleted: ${(error as Error).message}`, fix)]
  } finally {
    await store.close()
  }
}
