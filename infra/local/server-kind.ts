import type { Launch, ProcessRef } from './process.ts'

export const SERVER_NAMES = ['postgres', 'rabbitmq', 'redis'] as const
export type ServerName = (typeof SERVER_NAMES)[number]

/** What is remembered of a server between starts, beside its data. */
export interface ServerState {
  /** where the folder was when this was written: a copied folder must not touch the original's processes */
  readonly folder: string
  readonly password: string
  /** loopback ports by what listens on them */
  readonly ports: Readonly<Record<string, number>>
  readonly process?: ProcessRef
  /** processes that belong to the server and are ended after it */
  readonly helpers?: readonly ProcessRef[]
  /** where the data lies when it cannot lie in the folder */
  readonly dataDir?: string
}

/** The folder, log and addresses one start works with. */
export interface Site {
  readonly dir: string
  readonly logPath: string
  readonly state: ServerState
  /** the data may be lost with the machine: for test servers only */
  readonly throwAway: boolean
}

/** One kind of private server: all that differs between PostgreSQL, RabbitMQ and Redis. */
export interface ServerKind {
  readonly name: ServerName
  /** as people write it */
  readonly title: string
  readonly portNames: readonly string[]
  /** asks for an orderly stop */
  readonly stopSignal: NodeJS.Signals
  readonly startTimeoutMs: number
  readonly stopTimeoutMs: number
  url(state: ServerState): string
  /** Make the data folder. Idempotent: killed half-way, the next call mends it. */
  prepare(site: Site): Promise<Pick<ServerState, 'dataDir'>>
  /** processes to start before the server, which must outlive it */
  helpers(site: Site): readonly Launch[]
  command(site: Site): Launch
  /** whether it answers an authenticated request now */
  answers(url: string): Promise<boolean>
}
