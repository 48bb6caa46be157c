import { holdsRole, type Role } from '../domain/role.ts'
import type { TaskName } from '../domain/task.ts'

/**
 * The one table of who may do what: permission -> least role. Every route names the permission it needs. Public: they are
 * named in answers and in the API's document; add, never rename.
 */
export const PERMISSIONS = {
  'jobs:read': 'viewer',
  'models:read': 'viewer',
  'tenant:read': 'viewer',
  // Of the fleet, for keys of the tenant that runs the installation only.
  'fleet:read': 'viewer',
  'checks:create': 'submitter',
  'uploads:create': 'submitter',
  'jobs:cancel': 'submitter',
  'jobs:erase': 'submitter',
  'erasures:read': 'submitter',
  // Everything under one person at once: more than a key that leaks from an app's server should be able to destroy.
  'erasures:create': 'operator',
  'webhooks:read': 'operator',
  'webhooks:replay': 'operator',
  'fleet:override': 'operator',
  // Nodes and dead letters of the whole installation.
  'fleet:operate': 'operator',
  // Where data goes, and the secrets that prove who sent it.
  'webhooks:manage': 'admin',
  'keys:manage': 'admin',
  'tenant:manage': 'admin',
  'audit:read': 'admin',
  // Keeps what others want erased.
  'holds:manage': 'admin',
  'fleet:manage': 'admin',
  // Of the installation too: who decides on people, and by which thresholds.
  'models:manage': 'admin',
} as const satisfies Record<string, Role>

/** Something a key may be allowed to do. */
export type Permission = keyof typeof PERMISSIONS

/** What a key may do and on what. */
export interface Rights {
  readonly role: Role
  /** the tasks it is limited to; empty = all */
  readonly scopes: readonly TaskName[]
}

/** Is this the name of a permission? */
export const isPermission = (name: unknown): name is Permission =>
  typeof name === 'string' && Object.hasOwn(PERMISSIONS, name)

/** May a key of this role do that? */
export const isAllowed = (role: Role, permission: Permission): boolean => holdsRole(role, PERMISSIONS[permission])

/** Does a key's scope reach this task? */
export const reachesTask = ({ scopes }: Pick<Rights, 'scopes'>, task: TaskName): boolean =>
  scopes.length === 0 || scopes.includes(task)

/**
 * Can a key have these rights? One that manages others' access or data is not held by a scope: to say it were would be
 * a false comfort.
 * @returns what is wrong
 */
export const rightsProblem = ({ role, scopes }: Rights): string | undefined =>
  scopes.length > 0 && holdsRole(role, 'operator') ? 'scopes are for viewers and submitters only' : undefined
