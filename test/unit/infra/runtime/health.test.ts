import { afterEach, expect, it, vi } from 'vitest'
import { type HealthCheck, healthBody, runChecks } from '../../../../infra/runtime/health.ts'

afterEach(() => void vi.useRealTimers())

const check = (name: string, required: boolean, probe: HealthCheck['probe']): HealthCheck => ({ name, required, probe })

it.each<[string, readonly HealthCheck[], boolean, string]>([
  ['without checks', [], true, 'ok'],
  ['with everything well', [check('a', true, () => true), check('b', false, async () => true)], true, 'ok'],
  ['without what makes it faster', [check('a', true, () => true), check('b', false, () => false)], true, 'degraded'],
  ['without what it needs', [check('a', true, async () => false), check('b', false, () => false)], false, 'failed'],
  ['with a check that throws', [check('a', true, () => Promise.reject(new Error('x')))], false, 'failed'],
])('%s its health is told', async (_title, checks, ok, status) => {
  const health = await runChecks(checks)
  expect(health.ok).toBe(ok)
  expect(healthBody(health, false)).toEqual({ status })
  expect(Object.keys(health.checks)).toEqual(checks.map(({ name }) => name))
})

it('takes a check that does not answer within a second for failed', async () => {
  vi.useFakeTimers()
  const health = runChecks([check('a', true, () => new Promise(() => {}))])
  await vi.advanceTimersByTimeAsync(1_000)
  expect(await health).toEqual({ ok: false, checks: { a: 'failed' } })
  expect(vi.getTimerCount()).toBe(0)
})
