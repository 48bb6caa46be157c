import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import type { Fault } from '../fault.ts'
import type { ChaosStack } from '../stack.ts'

const SHORT_MS = 4_000
/** Longer than a statement may take. */
const LONG_MS = 9_000
const CUT_COUNT = 5

/** As the operator, past the wire, in a transaction that may write whatever the server's default is. */
export const asOperator = async (stack: ChaosStack, ...statements: readonly string[]): Promise<void> => {
  const client = new Client({ connectionString: stack.servers.directUrl('postgres') })
  client.on('error', () => {})
  await client.connect()
  try {
    await client.query('set default_transaction_read_only = off')
    for (const statement of statements) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Of PostgreSQL and the way to it. */
export const databaseFaults: readonly Fault[] = [
  {
    name: 'PostgreSQL restarted',
    holdMs: 0,
    async inject(stack) {
      await stack.servers.stop('postgres')
      return undefined
    },
    heal: (stack) => stack.servers.start('postgres'),
  },
  {
    name: 'PostgreSQL killed',
    holdMs: SHORT_MS,
    async inject(stack) {
      await stack.midJob()
      stack.servers.crash('postgres')
      return undefined
    },
    heal: (stack) => stack.servers.start('postgres'),
  },
  {
    name: 'PostgreSQL read-only',
    holdMs: SHORT_MS,
    async inject(stack) {
      await asOperator(stack, 'alter system set default_transaction_read_only = on', 'select pg_reload_conf()')
      return undefined
    },
    async heal(stack) {
      await asOperator(stack, 'alter system reset default_transaction_read_only', 'select pg_reload_conf()')
    },
  },
  {
    name: 'connections to PostgreSQL cut',
    holdMs: 0,
    async inject(stack, _random, struck) {
      for (let cut = 0; cut < CUT_COUNT; cut += 1) {
        await asOperator(
          stack,
          'select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null',
        )
        struck()
        await pause(300)
      }
      return CUT_COUNT
    },
  },
  {
    name: 'wire to PostgreSQL half open',
    holdMs: LONG_MS,
    async inject(stack) {
      stack.servers.wire('postgres').set({ kind: 'silent' })
      return undefined
    },
    async heal(stack) {
      stack.servers.wire('postgres').set({ kind: 'fair' })
    },
  },
]
