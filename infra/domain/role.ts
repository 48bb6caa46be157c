/** What a key may do. Each role may do all that those before it may. Public: they appear in rows, answers and commands. */
export const ROLES = ['viewer', 'submitter', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Does a holder of this role have at least that one? */
export const holdsRole = (role: Role, least: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(least)
