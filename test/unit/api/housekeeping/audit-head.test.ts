import { expect, it, vi } from 'vitest'
import { createAuditHead } from '../../../../api/housekeeping/audit-head.ts'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { createMemoryAuditLog } from '../../../fakes/audit-log.ts'
import { silence } from '../../../fixtures/silence.ts'

it('tells a new head once, and cries when the trail has lost entries', async () => {
  const audit = createMemoryAuditLog()
  const { metrics, registry } = createMetrics('test')
  const { log } = silence()
  const [info, error] = [vi.spyOn(log, 'info'), vi.spyOn(log, 'error')]
  const look = createAuditHead({ audit, metrics, log })
  await audit.record({ actor: 'k', channel: 'cli', action: 'a', tenant: null, target: 't' })
  await look()
  await look()
  expect(info.mock.calls).toEqual([[await audit.head(), 'head of the audit trail']])
  expect(await registry.metrics()).toMatch(/^muster_audit_entries.* 1$/m)
  expect(error).not.toHaveBeenCalled()
  audit.head = async () => ({ seq: 0, hash: 'x' })
  await look()
  expect(error).toHaveBeenCalledOnce()
})
