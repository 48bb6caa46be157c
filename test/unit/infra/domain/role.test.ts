import { expect, it } from 'vitest'
import { holdsRole, ROLES } from '../../../../infra/domain/role.ts'

it('a role may do what those before it may, and no more', () => {
  const table = ROLES.map((role) => ROLES.filter((least) => holdsRole(role, least)))
  expect(table).toEqual([
    ['viewer'],
    ['viewer', 'submitter'],
    ['viewer', 'submitter', 'operator'],
    ['viewer', 'submitter', 'operator', 'admin'],
  ])
})
