import Type, { type Static } from 'typebox'
import { DEFAULT_POOLS, PoolsInvalidError, parsePools } from '../infra/domain/pools.ts'
import { deadlineVariables, encryptionRule, sharedVariables, storageRule } from '../infra/runtime/shared-config.ts'
import { traceVariables } from '../infra/runtime/trace-config.ts'

const Port = (options: object) => Type.Integer({ minimum: 0, maximum: 65_535, ...options })
const Milliseconds = (byDefault: number, minimum = 1) => Type.Integer({ minimum, default: byDefault })

/** What common load balancers keep an idle connection for: closing first makes them answer 502 for us. */
const LOAD_BALANCER_IDLE_MS = 60_000
/** Below it a picture on a phone's uplink does not arrive. */
const MIN_REQUEST_TIMEOUT_MS = 1000
/** An address, a network in CIDR notation, or one of the names the library knows. Checked whole when the server opens. */
const TRUSTED_PROXY = '([0-9A-Fa-f.:]+(/[0-9]{1,3})?|loopback|linklocal|uniquelocal)'
const TRUSTED_PROXIES = `^${TRUSTED_PROXY}( *, *${TRUSTED_PROXY})*$`
const HOUR_MS = 3_600_000
/** Two pictures in base64, and what is beside them. */
const LARGEST_BODY_PICTURES = 3
/** The permission alone lasts half of it. */
const MIN_UPLOAD_TTL_MS = 600_000

/** The environment of one api process. Durations in ms; `X_FILE` may name a file with the value of `X`. */
export const apiConfig = Type.Object({
  API_HOST: Type.String({ minLength: 1, default: '127.0.0.1' }),
  API_PORT: Port({ default: 8080 }),
  /** metrics and health for operators, apart from callers; port 0 picks a free one */
  API_METRICS_HOST: Type.String({ minLength: 1, default: '127.0.0.1' }),
  API_METRICS_PORT: Port({ default: 0 }),
  /** the address callers reach the api under */
  API_PUBLIC_URL: Type.Optional(Type.String({ pattern: '^https?://[^/]' })),
  ...sharedVariables,
  ...traceVariables,
  /** who may say for whom a request came (`x-forwarded-for`): addresses and networks, apart by commas; none unless told */
  API_TRUSTED_PROXIES: Type.Optional(Type.String({ pattern: TRUSTED_PROXIES })),
  /** signs uploads that pass through the api; the same for every replica */
  UPLOAD_SECRET: Type.Optional(Type.String({ minLength: 32 })),
  POOLS: Type.String({ default: DEFAULT_POOLS }),
  /** the tenant whose people run the installation: its keys alone may try other models */
  FLEET_TENANT: Type.String({ minLength: 1, default: 'default' }),
  API_KEEP_ALIVE_MS: Milliseconds(72_000),
  /** for a request to arrive whole */
  API_REQUEST_TIMEOUT_MS: Milliseconds(30_000, MIN_REQUEST_TIMEOUT_MS),
  /** open at once; a new one over it is closed unanswered. A test bounds what an idle one costs at 100 kB */
  API_MAX_CONNECTIONS: Type.Integer({ minimum: 1, default: 10_000 }),
  /** of the bodies of all requests under way together; an eighth of the memory unless told */
  API_BODY_BUDGET_BYTES: Type.Optional(Type.Integer({ minimum: 1024 })),
  API_GRACE_MS: Milliseconds(25_000),
  /** goes on serving this long after it stopped being ready, until load balancers have noticed */
  API_SHUTDOWN_DELAY_MS: Milliseconds(5_000, 0),
  API_MAX_PICTURE_BYTES: Type.Integer({ minimum: 1024, default: 10_000_000 }),
  ...deadlineVariables,
  /** messages waiting in one lane from which on requests are refused whatever the prediction says */
  API_MAX_DEPTH: Type.Integer({ minimum: 1, default: 100_000 }),
  API_CACHE_TTL_MS: Milliseconds(120_000, 1000),
  /** how long pictures and results stay where nothing else is settled for the tenant; never before the job is over */
  API_PICTURE_TTL_MS: Milliseconds(24 * HOUR_MS, 60_000),
  API_RESULT_TTL_MS: Milliseconds(30 * 24 * HOUR_MS, 60_000),
  /** how long it is known that there was a job, at least: its day goes when nothing of any of its jobs is needed */
  API_RECORD_TTL_MS: Milliseconds(60 * 24 * HOUR_MS, 24 * HOUR_MS),
  /** how long an Idempotency-Key finds its job: as long as there is one, unless told */
  API_IDEMPOTENCY_TTL_MS: Milliseconds(60 * 24 * HOUR_MS, 24 * HOUR_MS),
  API_SWEEP_MS: Milliseconds(600_000, 1000),
  /** for a check to name an upload, where pictures are sealed; from when it arrived */
  API_UPLOAD_TTL_MS: Milliseconds(HOUR_MS, MIN_UPLOAD_TTL_MS),
  /** how often this process tells the database what callers wanted of it: the autoscaler decides by that */
  DEMAND_FLUSH_MS: Type.Integer({ minimum: 100, maximum: 5_000, default: 5_000 }),
  /** receivers inside that may be called; docs/webhooks.md has the grammar */
  WEBHOOK_ALLOW: Type.String({ default: '' }),
  /** 32 bytes in base64, several while they rotate: seals webhook secrets in the database; the same for every replica */
  WEBHOOK_SECRET_KEY: Type.Optional(Type.String({ minLength: 32 })),
  /** where operators are told of endpoints that were disabled; signed with the secret, whsec_ and base64 */
  WEBHOOK_NOTICE_URL: Type.Optional(Type.String({ pattern: '^https?://' })),
  WEBHOOK_NOTICE_SECRET: Type.Optional(Type.String({ pattern: '^whsec_[A-Za-z0-9+/]{32,88}={0,2}$' })),
  /** false: this process leaves calling to others */
  WEBHOOK_DELIVER: Type.Boolean({ default: true }),
})

/** The environment of one api process, checked. */
export type ApiConfig = Static<typeof apiConfig>

const poolsProblem = (text: string): string | undefined => {
  try {
    parsePools(text)
    return undefined
  } catch (error) {
    if (error instanceof PoolsInvalidError) return `POOLS: ${error.message}`
    throw error
  }
}

/** Rules across fields; each answers what is wrong. */
export const apiRules: readonly ((config: ApiConfig) => string | undefined)[] = [
  storageRule,
  encryptionRule,
  ({ API_KEEP_ALIVE_MS }) =>
    API_KEEP_ALIVE_MS > LOAD_BALANCER_IDLE_MS
      ? undefined
      : `API_KEEP_ALIVE_MS must be over ${LOAD_BALANCER_IDLE_MS}, which is what load balancers keep idle connections for`,
  ({ API_GRACE_MS, API_SHUTDOWN_DELAY_MS }) =>
    API_SHUTDOWN_DELAY_MS < API_GRACE_MS
      ? undefined
      : 'API_SHUTDOWN_DELAY_MS must be less than API_GRACE_MS, or no time is left to close',
  ({ API_BODY_BUDGET_BYTES, API_MAX_PICTURE_BYTES }) =>
    API_BODY_BUDGET_BYTES === undefined || API_BODY_BUDGET_BYTES >= LARGEST_BODY_PICTURES * API_MAX_PICTURE_BYTES
      ? undefined
      : `API_BODY_BUDGET_BYTES must be at least ${LARGEST_BODY_PICTURES} times API_MAX_PICTURE_BYTES, or a body with two pictures never fits`,
  ({ POOLS }) => poolsProblem(POOLS),
  ({ STORAGE_URL, UPLOAD_SECRET, API_PUBLIC_URL }) =>
    STORAGE_URL.startsWith('file:') && (UPLOAD_SECRET === undefined || API_PUBLIC_URL === undefined)
      ? 'UPLOAD_SECRET and API_PUBLIC_URL are needed with files as storage: uploads pass through the api, which signs them'
      : undefined,
]
