import Type from 'typebox'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { lastingSecrets, type Secrets } from './secrets.ts'

/** Variables that every process of a stack reads alike. */
export const sharedVariables = {
  DATABASE_URL: Type.String({ pattern: '^postgres(ql)?://' }),
  RABBITMQ_URL: Type.String({ pattern: '^amqps?://' }),
  /** without it results are read from the database */
  REDIS_URL: Type.Optional(Type.String({ pattern: '^rediss?://' })),
  /** docs/storage.md has the grammar */
  STORAGE_URL: Type.String({ minLength: 1 }),
  STORAGE_TIMEOUT_MS: Type.Integer({ minimum: 100, default: 5_000 }),
  /** of S3 (without it: the SDK's own chain) and MinIO (required) */
  STORAGE_ACCESS_KEY: Type.Optional(Type.String({ minLength: 1 })),
  STORAGE_SECRET_KEY: Type.Optional(Type.String({ minLength: 1 })),
  /** of Google Cloud Storage: a service account's key; without it: application default credentials */
  STORAGE_GCS_KEY_PATH: Type.Optional(Type.String({ minLength: 1 })),
  /** `off`: pictures are stored as they are. Keys that are set still open what was sealed before */
  ENCRYPTION: Type.String({ pattern: '^(on|off)$', default: 'on' }),
  /** key-encryption keys, apart by white space; the first seals, all open; docs/privacy.md says how to rotate them */
  ENCRYPTION_KEYS: Type.Optional(
    Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}:[A-Za-z0-9+/]{43}=(\\s+[A-Za-z0-9._-]{1,64}:[A-Za-z0-9+/]{43}=)*$' }),
  ),
  LOG_LEVEL: Type.String({ pattern: '^(debug|info|warn|error|silent)$', default: 'info' }),
  /** how often a process tells what it counted of its pools' minutes; 0 = it counts none. docs/bottleneck.md says what that costs */
  MINUTES_FLUSH_MS: Type.Integer({ minimum: 0, maximum: 60_000, default: 12_000 }),
}

/** How long a job may take where nobody says so: of one that is submitted, and of one that is tried again by hand. */
export const deadlineVariables = {
  API_DEADLINE_INTERACTIVE_MS: Type.Integer({ minimum: 1_000, default: 60_000 }),
  API_DEADLINE_BULK_MS: Type.Integer({ minimum: 1_000, default: 3_600_000 }),
}

interface StorageVariables {
  readonly STORAGE_TIMEOUT_MS: number
  readonly STORAGE_ACCESS_KEY?: string
  readonly STORAGE_SECRET_KEY?: string
  readonly STORAGE_GCS_KEY_PATH?: string
}

/** New credentials that the server does not take are somebody's mistake, and cost nothing but a call each. */
export const sayRefused = (log: Logger, metrics: Metrics): void => {
  metrics.count('secrets_refused', { reason: 'STORAGE' })
  log.error({}, 'storage refuses its new credentials: those before them go on')
}

const asIs = (text: string): string => text
const asObject = (text: string): object => Object(JSON.parse(text)) as object

/** The storage variables as the object storage wants them: credentials as they are whenever they are needed. */
export const storageOptions = (config: StorageVariables, secrets: Secrets = lastingSecrets) => {
  const { STORAGE_ACCESS_KEY: accessKey, STORAGE_SECRET_KEY: secretKey, STORAGE_GCS_KEY_PATH: gcsKeyFile } = config
  const id = accessKey && secrets.follow('STORAGE_ACCESS_KEY', accessKey, asIs)
  const secret = secretKey && secrets.follow('STORAGE_SECRET_KEY', secretKey, asIs)
  const gcsKey = gcsKeyFile && secrets.followPath('STORAGE_GCS_KEY_PATH', gcsKeyFile, asObject)
  return {
    timeoutMs: config.STORAGE_TIMEOUT_MS,
    credentials: id && secret ? () => ({ accessKeyId: id.now(), secretAccessKey: secret.now() }) : undefined,
    gcsKeyFile,
    gcsKey: gcsKey ? () => gcsKey.now() : undefined,
  }
}

/** Half a pair of credentials is a mistake, not a choice. */
export const storageRule = (config: StorageVariables): string | undefined =>
  (config.STORAGE_ACCESS_KEY === undefined) === (config.STORAGE_SECRET_KEY === undefined)
    ? undefined
    : 'STORAGE_ACCESS_KEY and STORAGE_SECRET_KEY belong together'

/** Not to encrypt must be said: nobody shall find out later that the keys were never there. */
export const encryptionRule = (config: {
  readonly ENCRYPTION: string
  readonly ENCRYPTION_KEYS?: string
}): string | undefined =>
  config.ENCRYPTION === 'off' || config.ENCRYPTION_KEYS !== undefined
    ? undefined
    : 'ENCRYPTION_KEYS is needed (`./muster up` makes a file of them), or ENCRYPTION=off to store pictures as they are'
