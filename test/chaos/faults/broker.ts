import type { Fault } from '../fault.ts'
import type { ChaosStack } from '../stack.ts'

/** Longer than a publish waits for its confirm, and than a silent peer takes to be noticed. */
const LONG_MS = 18_000
const SHORT_MS = 4_000
const DROP_COUNT = 3

const start = (stack: ChaosStack): Promise<void> => stack.servers.start('rabbitmq')

/** Of a broker of one node. */
export const brokerFaults: readonly Fault[] = [
  {
    name: 'RabbitMQ restarted',
    holdMs: 0,
    async inject(stack) {
      await stack.servers.stop('rabbitmq')
      return undefined
    },
    heal: start,
  },
  {
    name: 'RabbitMQ killed',
    holdMs: SHORT_MS,
    async inject(stack) {
      await stack.midJob()
      stack.servers.crash('rabbitmq')
      return undefined
    },
    heal: start,
  },
  {
    name: 'RabbitMQ killed and its disk wiped',
    holdMs: 0,
    async inject(stack) {
      await stack.midJob()
      stack.servers.crash('rabbitmq')
      await stack.servers.wipeBroker()
      return undefined
    },
    heal: start,
  },
  {
    name: 'RabbitMQ frozen',
    holdMs: LONG_MS,
    async inject(stack) {
      stack.servers.signal('rabbitmq', 'SIGSTOP')
      return undefined
    },
    async heal(stack) {
      stack.servers.signal('rabbitmq', 'SIGCONT')
    },
  },
  {
    name: 'RabbitMQ memory alarm',
    holdMs: 8_000,
    async inject(stack) {
      await stack.servers.rabbitmqctl(['set_vm_memory_high_watermark', '0.000001'])
      return undefined
    },
    async heal(stack) {
      await stack.servers.rabbitmqctl(['set_vm_memory_high_watermark', '0.4'])
    },
  },
  {
    name: 'RabbitMQ drops every connection',
    holdMs: 0,
    async inject(stack, _random, struck) {
      for (let drop = 0; drop < DROP_COUNT; drop += 1) {
        await stack.servers.rabbitmqctl(['close_all_connections', 'chaos'])
        struck()
      }
      return DROP_COUNT
    },
  },
  {
    name: 'RabbitMQ queue deleted',
    holdMs: 0,
    async inject(stack) {
      await stack.midJob()
      await stack.servers.rabbitmqctl(['delete_queue', 'checks.interactive'])
      await stack.servers.rabbitmqctl(['delete_queue', 'checks.bulk'])
      return 2
    },
  },
  {
    name: 'wire to RabbitMQ half open',
    holdMs: LONG_MS,
    async inject(stack) {
      stack.servers.wire('rabbitmq').set({ kind: 'silent' })
      return undefined
    },
    async heal(stack) {
      stack.servers.wire('rabbitmq').set({ kind: 'fair' })
    },
  },
]
