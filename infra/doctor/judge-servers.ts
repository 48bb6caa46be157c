import type { BrokerSigns, DatabaseSigns } from '../ports/doctor.ts'
import { type Finding, mustBeNone, problem, warning, well } from './finding.ts'
import { judgeContract, judgeDays } from './judge-days.ts'

/** The database's clock decides leases and deadlines; a machine's own decides certificates and logs. */
const MAX_SKEW_MS = 2_000
const MIN_NODE: Version = [22, 18]
const MIN_POSTGRES: Version = [13, 0]
const MIN_RABBITMQ: Version = [3, 10]
const MIN_REDIS: Version = [6, 2]

type Version = readonly [number, number]

const parse = (text: string): Version => {
  const [, major = '0', minor = '0'] = /(\d+)(?:\.(\d+))?/.exec(text) ?? []
  return [Number(major), Number(minor)]
}
const isBefore = ([major, minor]: Version, [least, small]: Version): boolean =>
  major < least || (major === least && minor < small)

const judgeVersion = (check: string, version: string, least: Version): Finding =>
  isBefore(parse(version), least)
    ? problem(check, `${version} is older than ${least.join('.')}`, `upgrade to ${least.join('.')} or newer`)
    : well(check, version)

/** Is this Node new enough? Pure. */
export const judgeNode = (version: string): Finding => judgeVersion('node-version', version, MIN_NODE)

/** Is this Redis new enough? Pure. */
export const judgeRedis = (version: string): Finding => judgeVersion('redis-version', version, MIN_REDIS)

const judgeMigrations = ({ migrationsMissing, migrationsChanged }: DatabaseSigns): Finding => {
  const check = 'migrations'
  if (migrationsChanged.length > 0)
    return problem(
      check,
      `changed since they were applied: ${migrationsChanged.join(', ')}`,
      'restore the files of this version',
    )
  if (migrationsMissing.length > 0)
    return problem(check, `missing: ${migrationsMissing.join(', ')}`, './muster migrate')
  return well(check, 'current and unchanged')
}

/** Is the database as this version needs it? Pure. @param now epoch ms, this machine's clock, half-way through the question */
export const judgeDatabase = (signs: DatabaseSigns, now: number): readonly Finding[] => {
  const { version, rowSecurityGaps: gaps } = signs
  const skewMs = Math.round(Math.abs(signs.now - now))
  return [
    judgeVersion('postgres-version', version, MIN_POSTGRES),
    judgeMigrations(signs),
    judgeContract(signs.contractsWaiting),
    ...judgeDays(signs.days),
    gaps.length === 0
      ? well('row-security', 'tenants are kept apart by the database')
      : problem(
          'row-security',
          gaps.join('; '),
          './muster migrate, as a login that owns the tables and is no superuser',
        ),
    skewMs > MAX_SKEW_MS
      ? warning('clock-skew', `this machine and the database differ by ${skewMs} ms`, 'let NTP set both clocks')
      : well('clock-skew', `${skewMs} ms`),
  ]
}

/** What a version of RabbitMQ does otherwise than one would think. @source its release notes; 3.10 was measured */
const rabbitTraps = (version: string): string => {
  const [major] = parse(version)
  return major >= 4
    ? 'from 4.0 on queues without a delivery limit get one of 20; dead letters are renewed before that'
    : 'below 4.0 x-consumer-timeout of a queue is accepted and ignored; Muster does not rely on it'
}

/** Is the broker as it was declared? Pure. */
export const judgeBroker = ({ version, queues, deadCount }: BrokerSigns): readonly Finding[] => {
  const judged = judgeVersion('rabbitmq-version', version, MIN_RABBITMQ)
  const wrong = queues.flatMap(({ name, problem: what }) => {
    if (what === undefined) return []
    if (what === 'missing')
      return [problem('topology', `${name} is missing`, './muster migrate, or ./muster doctor --repair')]
    const fix = `empty it, \`rabbitmqctl delete_queue ${name}\`, then ./muster migrate`
    return [problem('topology', `${name} is declared otherwise: ${what}`, fix)]
  })
  return [
    judged.state === 'ok' ? well('rabbitmq-version', `${version}; ${rabbitTraps(version)}`) : judged,
    ...(wrong.length > 0 ? wrong : [well('topology', `${queues.length} queues, all as declared`)]),
    mustBeNone('dead-letters', deadCount, 'wait for a person', './muster dlq list'),
  ]
}
