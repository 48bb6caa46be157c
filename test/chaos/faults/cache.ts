import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import type { Fault } from '../fault.ts'

const HOLD_MS = 5_000
const FLUSH_COUNT = 10
const DELAY_MS = 400

/** Of Redis, where nothing lies that may not be lost. */
export const cacheFaults: readonly Fault[] = [
  {
    name: 'Redis killed',
    holdMs: HOLD_MS,
    async inject(stack) {
      stack.servers.crash('redis')
      return undefined
    },
    heal: (stack) => stack.servers.start('redis'),
  },
  {
    name: 'Redis flushed',
    holdMs: 0,
    async inject(stack, _random, struck) {
      const client = new Redis(stack.servers.directUrl('redis'), { maxRetriesPerRequest: 1 })
      client.on('error', () => {})
      for (let flush = 0; flush < FLUSH_COUNT; flush += 1) {
        await client.flushall()
        struck()
        await pause(100)
      }
      client.disconnect()
      return FLUSH_COUNT
    },
  },
  {
    name: 'Redis slow',
    holdMs: HOLD_MS,
    async inject(stack) {
      stack.servers.wire('redis').set({ kind: 'slow', delayMs: DELAY_MS })
      return undefined
    },
    async heal(stack) {
      stack.servers.wire('redis').set({ kind: 'fair' })
    },
  },
  {
    name: 'wire to Redis half open',
    holdMs: HOLD_MS,
    async inject(stack) {
      stack.servers.wire('redis').set({ kind: 'silent' })
      return undefined
    },
    async heal(stack) {
      stack.servers.wire('redis').set({ kind: 'fair' })
    },
  },
]
