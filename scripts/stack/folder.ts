import { realpathSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { isAlive, type ProcessRef } from '../../infra/local/process.ts'
import type { ServerName } from '../../infra/local/server-kind.ts'
import { readState, writeState } from '../../infra/local/state-file.ts'

/** The checkout. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** The tenant a local stack works for; its key reaches the fleet too. */
export const STACK_TENANT = 'local'

/** Our own processes, in the order they are started. */
export const SERVICE_NAMES = ['api', 'worker', 'autoscaler'] as const
export type ServiceName = (typeof SERVICE_NAMES)[number]

/** What must outlive a stop: the same ports and key at the next start. Mode 0600. */
export interface StackSettings {
  readonly ports: Readonly<Record<string, number>>
  /** random values by the name of the variable they are given to the services as */
  readonly secrets: Readonly<Record<string, string>>
  readonly apiKey?: string
}

/** What runs now. Written by the process that runs the stack, read by `status`, `logs` and `down`. */
export interface StackState {
  /** where the folder was: a copied folder must not touch the original's processes */
  readonly folder: string
  readonly phase: 'starting' | 'ready' | 'stopping'
  readonly supervisor: ProcessRef
  readonly services: Readonly<Partial<Record<ServiceName, ProcessRef>>>
  /** the private servers that belong to this stack; the others were given by URL */
  readonly servers: readonly ServerName[]
  /** where clients reach the api; known once everything answers */
  readonly url?: string
  /** where each of our processes tells whether it is ready */
  readonly readyUrls?: Readonly<Record<ServiceName, string>>
}

/** Paths inside one stack's folder, by default `.muster` in the checkout. */
export const stackPaths = (dir: string) => ({
  dir,
  logs: join(dir, 'logs'),
  env: join(dir, 'env'),
  settings: join(dir, 'settings.json'),
  state: join(dir, 'stack.json'),
  blobs: join(dir, 'blobs'),
  /** key-encryption keys, mode 0600: the stored pictures are worth nothing without them */
  encryptionKeys: join(dir, 'encryption-keys'),
  /** what the services are given as files, each of mode 0600 */
  secrets: join(dir, 'secrets'),
  /** shared by all stacks of a checkout: they hold the same files */
  models: join(ROOT, '.muster', 'models'),
})
export type StackPaths = ReturnType<typeof stackPaths>

/** @param dir relative to where the person is */
export const stackFolder = (dir: string | undefined): StackPaths =>
  stackPaths(dir === undefined ? join(ROOT, '.muster') : resolve(dir))

export const readSettings = (paths: StackPaths): StackSettings =>
  readState<StackSettings>(paths.settings) ?? { ports: {}, secrets: {} }

export const writeSettings = (paths: StackPaths, settings: StackSettings): void => writeState(paths.settings, settings)

/** The last known state; undefined when there is none or it belongs to the folder this one was copied from. */
export const readStack = (paths: StackPaths): StackState | undefined => {
  const state = readState<StackState>(paths.state)
  return state && state.folder === realpathSync(paths.dir) ? state : undefined
}

export const writeStack = (paths: StackPaths, state: StackState): void => writeState(paths.state, state)

/** Whether a process is running this stack, or starting or stopping it. */
export const isUp = (state: StackState | undefined): state is StackState =>
  state !== undefined && isAlive(state.supervisor)
