import { hostname } from 'node:os'
import type { AuditLog } from '../infra/ports/audit-log.ts'
import type { Logger } from '../infra/ports/logger.ts'
import { VERSION as version } from '../infra/runtime/version.ts'
import type { ApiConfig } from './config.ts'
import { configDigest } from './config-digest.ts'

/** The start of a process, on the audit trail. Not a condition of serving: the database may come later. */
export const recordStart = async (
  { audit, log }: { readonly audit: AuditLog; readonly log: Logger },
  config: ApiConfig,
): Promise<void> => {
  const started = { actor: 'api', channel: 'system', action: 'sys_startup', tenant: null, target: hostname() } as const
  await audit
    .record({ ...started, details: { version, configuration: configDigest(config) } })
    .catch((error: unknown) => log.warn({ error }, 'the start could not be written to the audit trail'))
}
