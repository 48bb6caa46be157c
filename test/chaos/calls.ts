import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A kind of process that has crash points. */
export type Role = 'api' | 'worker'

const ROOT = join(import.meta.dirname, '..', '..')
/** Where the code of a role lies; both use the last. */
const FOLDERS: Readonly<Record<Role, readonly string[]>> = {
  api: ['api', 'infra/runtime'],
  worker: ['worker', 'infra/runtime'],
}
/** The SDK calls an api, not the world behind it. */
const NOT_OF_THE_ROLE = join(ROOT, 'api', 'client')

/** Adapters that the sources know by another name than the one they were opened under. */
const OTHER_NAMES: Readonly<Record<string, string>> = { outbox: 'webhookOutbox', sender: 'webhookSender' }
/** Asked of the sender itself, not of the one that delivers; asked of pictures that are not sealed, and a campaign seals. */
const NOT_IN_A_CAMPAIGN = new Set(['webhookSender.refusal', 'blobs.head'])

const CALL = /\b(\w+)\s*\.(\w+)[(,)]/g

/** The calls in a source, as crash points name them. Also of objects that are no adapters. Pure. */
export const callsIn = (source: string): readonly string[] =>
  [...source.matchAll(CALL)].map(([, object = '', method]) => `${OTHER_NAMES[object] ?? object}.${method}`)

const sourcesOf = (role: Role): readonly string[] =>
  FOLDERS[role].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.startsWith(NOT_OF_THE_ROLE))
      .map(({ parentPath, name }) => readFileSync(join(parentPath, name), 'utf8')),
  )

/**
 * What the sources of a role call: an adapter has methods that only another role needs, and a point there is none that
 * this role could pass.
 */
export const callsOf = (role: Role): ReadonlySet<string> =>
  new Set(
    sourcesOf(role)
      .flatMap(callsIn)
      .filter((call) => !NOT_IN_A_CAMPAIGN.has(call)),
  )
