import { readFile } from 'node:fs/promises'
import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { MetricQuery } from '../../infra/ports/metric-query.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { Secrets } from '../../infra/runtime/secrets.ts'
import { type AutoscalerConfig, scaledPools } from '../config.ts'
import { createReadTriggers, noTriggers, type ReadTriggers } from './read-triggers.ts'
import { openTriggerBook } from './trigger-book.ts'

interface OpenTriggersDeps {
  /** opens the server that answers queries */
  readonly openQuery: (options: { readonly url: string; readonly token: () => string | undefined }) => MetricQuery
  readonly secrets: Secrets
  readonly metrics: Pick<Metrics, 'gauge'>
  readonly clock: Clock
  readonly log: Logger
}

/**
 * The custom triggers of a configuration; none where it names no file.
 * @throws TriggersInvalidError, Error when the file cannot be used or read
 */
export const openTriggers = async (
  config: AutoscalerConfig,
  { openQuery, secrets, metrics, clock, log }: OpenTriggersDeps,
): Promise<ReadTriggers> => {
  const { TRIGGERS_FILE: path, PROMETHEUS_URL: url = '', PROMETHEUS_TOKEN: token } = config
  if (path === undefined) return noTriggers
  const book = await openTriggerBook({
    read: () => readFile(path, 'utf8'),
    pools: [...scaledPools(config).keys()],
    log,
  })
  const help = 'The file of triggers cannot be used as it is now: the last good one goes on'
  metrics.gauge('muster_autoscaler_triggers_outdated', help, () => (book.problem() === undefined ? 0 : 1))
  const present = token === undefined ? () => undefined : secrets.present('PROMETHEUS_TOKEN', token)
  return createReadTriggers({ book, query: openQuery({ url, token: present }), clock })
}
