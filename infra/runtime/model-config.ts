import Type, { type Static } from 'typebox'
import { lastingSecrets, type Secrets } from './secrets.ts'
import { storageOptions } from './shared-config.ts'

/** Variables of those who run published models. */
export const modelVariables = {
  /** `folder`: a folder that holds them, baked into an image or prepared; `storage`: published ones, fetched at the start */
  MODELS_SOURCE: Type.String({ pattern: '^(folder|storage)$', default: 'folder' }),
  MODELS_DIR: Type.Optional(Type.String({ minLength: 1 })),
  /** where models are published; the grammar of STORAGE_URL */
  MODELS_URL: Type.Optional(Type.String({ minLength: 1 })),
  /** without these the credentials of STORAGE_URL are used */
  MODELS_ACCESS_KEY: Type.Optional(Type.String({ minLength: 1 })),
  MODELS_SECRET_KEY: Type.Optional(Type.String({ minLength: 1 })),
  MODELS_GCS_KEY_PATH: Type.Optional(Type.String({ minLength: 1 })),
  /** public keys in PEM, one after the other; what none of them has signed is not run */
  MODELS_PUBLIC_KEYS_FILE: Type.Optional(Type.String({ minLength: 1 })),
  /** a folder of their own, on a disk that survives a restart; the workers of a machine share it */
  MODELS_CACHE_DIR: Type.Optional(Type.String({ minLength: 1 })),
  /** beyond this what was not used for longest is removed */
  MODELS_CACHE_BYTES: Type.Integer({ minimum: 1_000_000, default: 20_000_000_000 }),
  /** longest that fetching them may take */
  MODELS_TIMEOUT_MS: Type.Integer({ minimum: 1_000, default: 300_000 }),
}

const modelConfig = Type.Object(modelVariables)
export type ModelConfig = Static<typeof modelConfig>

/** A folder must be named by those who load from it. */
export const modelFolderRule = ({ MODELS_SOURCE: source, MODELS_DIR: dir }: ModelConfig): string | undefined =>
  source === 'storage' || dir !== undefined ? undefined : 'MODELS_DIR is required with MODELS_SOURCE=folder'

/** Rules across fields; each answers what is wrong. */
export const modelRules: readonly ((config: ModelConfig) => string | undefined)[] = [
  ({ MODELS_SOURCE: source, MODELS_URL: url }) =>
    source === 'folder' || url !== undefined ? undefined : 'MODELS_URL is required with MODELS_SOURCE=storage',
  ({ MODELS_URL: url, MODELS_PUBLIC_KEYS_FILE: keys, MODELS_CACHE_DIR: cache }) =>
    url === undefined || (keys !== undefined && cache !== undefined)
      ? undefined
      : 'MODELS_URL needs MODELS_PUBLIC_KEYS_FILE and MODELS_CACHE_DIR',
  ({ MODELS_ACCESS_KEY: accessKey, MODELS_SECRET_KEY: secretKey }) =>
    (accessKey === undefined) === (secretKey === undefined)
      ? undefined
      : 'MODELS_ACCESS_KEY and MODELS_SECRET_KEY belong together',
]

/** A piece of 32 MB over a slow line; how long all of it may take is MODELS_TIMEOUT_MS. */
const CALL_TIMEOUT_MS = 60_000

type StorageConfig = Parameters<typeof storageOptions>[0]

/** The credentials that models are fetched with: their own, or those of the pictures' storage. */
export const modelStorageOptions = (
  config: Partial<ModelConfig> & Partial<StorageConfig>,
  secrets: Secrets = lastingSecrets,
) => {
  const { MODELS_ACCESS_KEY, MODELS_SECRET_KEY, MODELS_GCS_KEY_PATH } = config
  const own = MODELS_ACCESS_KEY !== undefined || MODELS_GCS_KEY_PATH !== undefined
  const shared = storageOptions({ STORAGE_TIMEOUT_MS: CALL_TIMEOUT_MS, ...config } as StorageConfig, secrets)
  if (!own) return { ...shared, timeoutMs: CALL_TIMEOUT_MS }
  const id = MODELS_ACCESS_KEY && secrets.follow('MODELS_ACCESS_KEY', MODELS_ACCESS_KEY, (text) => text)
  const secret = MODELS_SECRET_KEY && secrets.follow('MODELS_SECRET_KEY', MODELS_SECRET_KEY, (text) => text)
  return {
    timeoutMs: CALL_TIMEOUT_MS,
    credentials: id && secret ? () => ({ accessKeyId: id.now(), secretAccessKey: secret.now() }) : undefined,
    gcsKeyFile: MODELS_GCS_KEY_PATH,
    gcsKey: undefined,
  }
}
