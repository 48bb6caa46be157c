import { join } from 'node:path'
import type { Finding } from '../../infra/doctor/finding.ts'
import { judgeLimits } from '../../infra/doctor/judge-limits.ts'
import type { ServerState } from '../../infra/local/server-kind.ts'
import { readState } from '../../infra/local/state-file.ts'
import type { Env } from './env.ts'
import { secretValue } from './secret-value.ts'

/** The private broker of a stack is asked by its own tool; it has no management API. */
const isOurs = (url: string, dir: string): boolean => {
  const state = readState<ServerState>(join(dir, 'rabbitmq', 'server.json'))
  const [first = ''] = url.split(',')
  return state !== undefined && URL.canParse(first) && new URL(first).port === String(state.ports.amqp)
}

/**
 * How near is the broker to stopping publishers?
 * @param dir of the stack whose broker it may be
 * @throws UnavailableError
 */
export const lookAtLimits = async (env: Env, dir: string | undefined): Promise<readonly Finding[]> => {
  const { limitsInStatus, managedLimits } = await import('../../infra/rabbitmq/limits-probe.ts')
  const management = secretValue(env, 'RABBITMQ_MANAGEMENT_URL')
  if (management) return judgeLimits(await managedLimits(management))
  if (dir !== undefined && isOurs(env.RABBITMQ_URL ?? '', dir)) {
    const { rabbitmqctl } = await import('../../infra/local/rabbitmqctl.ts')
    return judgeLimits(limitsInStatus(await rabbitmqctl(dir, ['status', '--formatter', 'json'])))
  }
  const detail = 'AMQP does not tell when publishers are stopped; its default of 50 MB free disk is too late'
  const fix = 'give RABBITMQ_MANAGEMENT_URL, or see `rabbitmqctl status`'
  return ['broker-disk', 'broker-memory'].map((check) => ({ check, state: 'unknown', detail, fix }))
}
