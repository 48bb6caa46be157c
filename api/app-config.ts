import { parsePools } from '../infra/domain/pools.ts'
import { VERSION } from '../infra/runtime/version.ts'
import type { AppConfig } from './app.ts'
import { budgetOfMemory } from './body-budget.ts'
import type { ApiConfig } from './config.ts'

/** The app's settings, out of the environment's. */
export const appConfigOf = (config: ApiConfig): AppConfig => ({
  pools: parsePools(config.POOLS),
  maxPictureBytes: config.API_MAX_PICTURE_BYTES,
  deadlineInteractiveMs: config.API_DEADLINE_INTERACTIVE_MS,
  deadlineBulkMs: config.API_DEADLINE_BULK_MS,
  maxDepthCount: config.API_MAX_DEPTH,
  keepAliveMs: config.API_KEEP_ALIVE_MS,
  requestTimeoutMs: config.API_REQUEST_TIMEOUT_MS,
  shutdownDelayMs: config.API_SHUTDOWN_DELAY_MS,
  maxConnectionCount: config.API_MAX_CONNECTIONS,
  maxBodiesBytes: config.API_BODY_BUDGET_BYTES ?? budgetOfMemory(),
  // The other half is for what the rest of the process ends with.
  closeMs: Math.floor((config.API_GRACE_MS - config.API_SHUTDOWN_DELAY_MS) / 2),
  version: VERSION,
  fleetTenant: config.FLEET_TENANT,
  tenantDefaults: { pictureTtlMs: config.API_PICTURE_TTL_MS, resultTtlMs: config.API_RESULT_TTL_MS },
  ...(config.API_PUBLIC_URL ? { publicUrl: config.API_PUBLIC_URL } : {}),
  ...(config.API_TRUSTED_PROXIES ? { trustedProxies: config.API_TRUSTED_PROXIES.split(/ *, */) } : {}),
})
