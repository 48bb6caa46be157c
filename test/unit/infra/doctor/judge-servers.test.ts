import { expect, it } from 'vitest'
import { judgeBroker, judgeDatabase, judgeNode, judgeRedis } from '../../../../infra/doctor/judge-servers.ts'
import type { BrokerSigns, DatabaseSigns } from '../../../../infra/ports/doctor.ts'

const DATABASE: DatabaseSigns = {
  version: '15.4 (Debian 15.4-1)',
  now: 1_000_000,
  migrationsMissing: [],
  migrationsChanged: [],
  contractsWaiting: [],
  days: undefined,
  rowSecurityGaps: [],
}
const BROKER: BrokerSigns = {
  version: '3.10.8',
  queues: [{ name: 'q', readyCount: 0, consumerCount: 0 }],
  deadCount: 0,
}

const database = (signs: Partial<DatabaseSigns>) =>
  judgeDatabase({ ...DATABASE, ...signs }, 1_000_000).filter(({ state }) => state !== 'ok')
const broker = (signs: Partial<BrokerSigns>) =>
  judgeBroker({ ...BROKER, ...signs }).filter(({ state }) => state !== 'ok')

it('finds nothing where all is well', () => {
  expect([...database({}), ...broker({})]).toEqual([])
})

it.each([
  [{ version: '12.9' }, 'postgres-version', 'problem'],
  [{ migrationsMissing: ['0002_x.sql'] }, 'migrations', 'problem'],
  [{ migrationsChanged: ['0001_x.sql'] }, 'migrations', 'problem'],
  [{ rowSecurityGaps: ['role x passes every policy'] }, 'row-security', 'problem'],
  [{ now: 1_002_001 }, 'clock-skew', 'warning'],
  [{ now: 997_000 }, 'clock-skew', 'warning'],
] as const)('finds %j', (signs, check, state) => {
  expect(database(signs)).toMatchObject([{ check, state }])
})

it('tells a missing queue from one that is declared otherwise, and what to do about each', () => {
  const queue = { name: 'q', readyCount: 0, consumerCount: 0 }
  expect(broker({ queues: [{ ...queue, problem: 'missing' }] })).toMatchObject([
    { check: 'topology', detail: 'q is missing', fix: expect.stringContaining('--repair') },
  ])
  expect(broker({ queues: [{ ...queue, problem: "inequivalent arg 'x-max-length'" }] })).toMatchObject([
    {
      check: 'topology',
      detail: expect.stringContaining('x-max-length'),
      fix: expect.stringContaining('delete_queue q'),
    },
  ])
})

it('finds dead letters and versions that are too old', () => {
  expect(broker({ deadCount: 2 })).toMatchObject([{ check: 'dead-letters', fix: './muster dlq list' }])
  expect(broker({ version: '3.9.29' })).toMatchObject([{ check: 'rabbitmq-version' }])
  expect([judgeNode('22.17.0').state, judgeNode('22.18.0').state, judgeNode('24.1.0').state]).toEqual([
    ...['problem', 'ok', 'ok'],
  ])
  expect([judgeRedis('6.0.16').state, judgeRedis('7.0.15').state]).toEqual(['problem', 'ok'])
})

it.each(['3.10.8', '4.1.0'])('says what one would not think of RabbitMQ %s', (version) => {
  expect(judgeBroker({ ...BROKER, version })[0]?.detail).toMatch(/4\.0/)
})
