import { readFileSync } from 'node:fs'
import type { Redis } from 'ioredis'
import { LANE_WEIGHT, ROUNDING_MS, TURNAROUND_MS, UNKNOWN_SLOTS, WAIT_RATIO } from '../domain/fair-share.ts'

/** Scores of reservations in a tenant's line lie above those of held jobs, which are instants of this millennium. */
const RESERVED = 1e14

/** What the scripts share with the rest of the product, and what only they know. Durations in ms. */
const CONSTANTS = {
  RESERVED,
  WAIT_RATIO,
  ROUNDING_MS,
  TURNAROUND_MS,
  UNKNOWN_TOTAL: UNKNOWN_SLOTS.total,
  UNKNOWN_BULK: UNKNOWN_SLOTS.bulk,
  /** from the first byte of a request to its row: the request's own timeout, and as long again for storage */
  RESERVE_MS: 60_000,
  /** a dispatched job that no worker names gives its slot up: five announcements */
  SLOT_MS: 10_000,
  /** a worker tells every other second */
  WORKER_MS: 8_000,
  /** after a deadline, for the outcome to be written */
  GRACE_MS: 10_000,
  DOUBT_MS: 60_000,
  /** longer than the longest deadline */
  KEEP_MS: 90_000_000,
  /** a rate is taken over at least this long, and believed for so much longer */
  OBSERVE_MS: 1_000,
  OBSERVE_SHARE: 0.5,
  FRESH_MS: 5_000,
  /** most jobs one script looks at: Redis serves nobody else meanwhile */
  MOST_AT_ONCE: 256,
  /** tenants a prediction looks at one by one */
  MOST_TENANTS: 64,
}

const header = [
  ...Object.entries(CONSTANTS).map(([name, value]) => `local ${name} = ${value}`),
  `local LANE_WEIGHT = { interactive = ${LANE_WEIGHT.interactive}, bulk = ${LANE_WEIGHT.bulk} }`,
].join('\n')

const COMMANDS = ['admit', 'dispatch', 'ended', 'announce', 'doubtful', 'load'] as const
type Command = (typeof COMMANDS)[number]

type Call = (prefix: string, now: string | number, ...values: readonly (string | number)[]) => Promise<unknown>

const read = (name: string): string => readFileSync(new URL(`./lua/${name}.lua`, import.meta.url), 'utf8')

const commandName = (command: Command): string => `musterDispatch${command}`

/** The dispatcher's scripts as calls on a connection; each runs as a whole or not at all. */
export const defineScripts = (redis: Redis): Readonly<Record<Command, Call>> => {
  const prelude = `${header}\n${read('prelude')}`
  const call = (command: Command): readonly [Command, Call] => {
    redis.defineCommand(commandName(command), { numberOfKeys: 1, lua: `${prelude}\n${read(command)}` })
    const commands = redis as unknown as Readonly<Record<string, Call>>
    return [command, (...values) => (commands[commandName(command)] as Call).apply(redis, values)]
  }
  return Object.fromEntries(COMMANDS.map(call)) as Record<Command, Call>
}
