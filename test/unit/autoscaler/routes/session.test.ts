import { expect, it } from 'vitest'
import { FLEET_TENANT, startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'

it('tells whose key it is and what it may do, and nothing that could be used as one', async () => {
  const { ask, keyOf } = await startAutoscalerApp()
  const headers = await keyOf({ role: 'viewer' })
  const { status, body } = await ask('GET', '/v1/session', undefined, headers)
  expect(status).toBe(200)
  expect(body).toMatchObject({ tenant: FLEET_TENANT, role: 'viewer', version: '0.0.0', pools: ['checks', 'papers'] })
  expect(body.permissions).toContain('fleet:read')
  expect(body.permissions).not.toContain('fleet:override')
  expect(headers.authorization).toContain(`_${body.key}_`)
  expect(body.key).toHaveLength(12)
})

it('offers operators what they may do', async () => {
  const { ask, keyOf } = await startAutoscalerApp()
  const { body } = await ask('GET', '/v1/session', undefined, await keyOf({ role: 'operator' }))
  expect(body.permissions).toEqual(expect.arrayContaining(['fleet:read', 'fleet:override', 'fleet:operate']))
  expect(body.permissions).not.toContain('fleet:manage')
})
