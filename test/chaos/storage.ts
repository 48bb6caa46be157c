import { type BlobStoreProxy, startBlobStoreProxy } from '../fakes/blob-store-proxy.ts'
import { startS3Server } from '../fakes/s3-server.ts'
import { startWire, type Wire } from './wire.ts'

const BUCKET = 'pictures'
const ACCOUNT = { accessKeyId: 'chaos', secretAccessKey: 'chaos-secret-key', region: 'us-east-1' }

/** An object store that may be harmed: its answers by one proxy, its wire by another. */
export interface ChaosStorage {
  readonly env: Readonly<Record<string, string>>
  readonly answers: BlobStoreProxy
  readonly wire: Wire
  /** put a picture there, as if it had lain there for so long (ms) */
  plant(key: string, ageMs: number): void
  close(): Promise<void>
}

/** It speaks S3 over a real socket; its objects live as long as the campaign. */
export const startChaosStorage = async (): Promise<ChaosStorage> => {
  const server = await startS3Server(ACCOUNT, BUCKET)
  const answers = await startBlobStoreProxy(server.endpoint)
  const wire = await startWire(Number(new URL(answers.endpoint).port))
  return {
    env: {
      STORAGE_URL: `s3://${BUCKET}?endpoint=http://127.0.0.1:${wire.port}`,
      STORAGE_ACCESS_KEY: ACCOUNT.accessKeyId,
      STORAGE_SECRET_KEY: ACCOUNT.secretAccessKey,
      STORAGE_TIMEOUT_MS: '2000',
    },
    answers,
    wire,
    plant: (key, ageMs) => server.plant(key, new Uint8Array(1), new Date(Date.now() - ageMs)),
    async close() {
      await wire.close()
      await answers.close()
      await server.close()
    },
  }
}
