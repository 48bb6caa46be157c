import { expect, it } from 'vitest'
import { ROLES, type Role } from '../../../../infra/domain/role.ts'
import {
  isAllowed,
  isPermission,
  PERMISSIONS,
  type Permission,
  reachesTask,
  rightsProblem,
} from '../../../../infra/http/permissions.ts'

const granted = (role: Role): readonly string[] =>
  (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => isAllowed(role, permission))

it('lets a viewer look, and do nothing', () => {
  expect(granted('viewer')).toEqual(['jobs:read', 'models:read', 'tenant:read', 'fleet:read'])
})

it('lets no role but the admin manage keys, tenants, receivers, or read the trail', () => {
  for (const role of ROLES.slice(0, -1))
    for (const permission of ['keys:manage', 'tenant:manage', 'webhooks:manage', 'audit:read', 'fleet:manage'] as const)
      expect([role, permission, isAllowed(role, permission)]).toEqual([role, permission, false])
  expect(granted('admin')).toEqual(Object.keys(PERMISSIONS))
})

it.each(['', 'key', 'public', 'toString', '__proto__', undefined, 1])('%j is no permission', (name) => {
  expect(isPermission(name)).toBe(false)
})

it('limits a key with scopes to them, and one without to nothing', () => {
  expect(reachesTask({ scopes: [] }, 'ocr')).toBe(true)
  expect(reachesTask({ scopes: ['liveness'] }, 'liveness')).toBe(true)
  expect(reachesTask({ scopes: ['liveness'] }, 'ocr')).toBe(false)
})

it('gives no scopes to a key that manages', () => {
  const problems = ROLES.map((role) => rightsProblem({ role, scopes: ['ocr'] }) !== undefined)
  expect(problems).toEqual([false, false, true, true])
  for (const role of ROLES) expect(rightsProblem({ role, scopes: [] })).toBeUndefined()
})
