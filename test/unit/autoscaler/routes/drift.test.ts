import { describe, expect, it } from 'vitest'
import type { DriftEvaluation, SignalDrift } from '../../../../infra/domain/drift-evaluation.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'

const at = (iso: string): number => Date.parse(iso)
const reference = { from: at('2026-10-21T10:00:00Z'), until: at('2026-11-11T10:00:00Z') }
const cut = { psi: 1.2, level: 'alarm', share: 0.9, count: 800 } as const

const aSignal = (overrides: Partial<SignalDrift> = {}): SignalDrift => ({
  ...{ task: 'liveness', signal: 'score', psi: 0.31, level: 'alarm', windowHours: 24, count: 9_000 },
  ...{ referenceCount: 36_000, reference: { ...reference, kind: 'weeks' }, why: 'tenant acme has moved' },
  cuts: [
    { ...cut, by: 'tenant', value: 'acme' },
    { ...cut, by: 'sdk', value: 'js 1.0', psi: null, share: null },
  ],
  bins: [{ label: '0.60', reference: 0.4, present: 0.1 }],
  ...overrides,
})
const evaluation: DriftEvaluation = {
  ...{ evaluatedAt: at('2026-11-18T10:00:00Z'), reference },
  signals: [aSignal(), aSignal({ task: 'ocr', signal: 'mrz', psi: null, level: 'unknown', cuts: [], bins: [] })],
}

describe('GET /v1/drift', () => {
  it('answers the last evaluation', async () => {
    const { ask, deps } = await startAutoscalerApp()
    expect(await ask('GET', '/v1/drift')).toEqual({
      status: 200,
      body: { evaluatedAt: null, reference: null, signals: [] },
    })
    await deps.drift.keep(evaluation)
    const { body } = await ask('GET', '/v1/drift')
    expect(body).toMatchObject({
      evaluatedAt: '2026-11-18T10:00:00.000Z',
      reference: { from: '2026-10-21T10:00:00.000Z', until: '2026-11-11T10:00:00.000Z' },
    })
    expect(body.signals).toEqual(
      JSON.parse(JSON.stringify(evaluation.signals)).map((signal: object) => ({
        ...signal,
        reference: { from: '2026-10-21T10:00:00.000Z', until: '2026-11-11T10:00:00.000Z', kind: 'weeks' },
      })),
    )
  })

  it('answers of one task, and with one kind of cut', async () => {
    const { ask, deps } = await startAutoscalerApp()
    await deps.drift.keep(evaluation)
    const { body } = await ask('GET', '/v1/drift?task=liveness&by=sdk')
    expect(body.signals).toHaveLength(1)
    expect(body.signals[0].cuts.map(({ value }: { value: string }) => value)).toEqual(['js 1.0'])
    expect((await ask('GET', '/v1/drift?task=faces')).body.code).toBe('INVALID_REQUEST')
    expect((await ask('GET', '/v1/drift?by=person')).body.code).toBe('INVALID_REQUEST')
  })
})

describe('a pinned reference', () => {
  const body = { from: '2026-11-02T00:00:00Z', until: '2026-11-09T00:00:00Z', reason: 'a new camera' }

  it('is on the trail before it holds, with what was before', async () => {
    const { ask, deps } = await startAutoscalerApp()
    expect((await ask('PUT', '/v1/drift/references/liveness', body)).status).toBe(204)
    expect((await ask('PUT', '/v1/drift/references/liveness', { ...body, reason: 'another' })).status).toBe(204)
    expect((await ask('GET', '/v1/drift/references')).body.references).toMatchObject([
      { task: 'liveness', from: '2026-11-02T00:00:00.000Z', until: '2026-11-09T00:00:00.000Z', reason: 'another' },
    ])
    expect((await ask('DELETE', '/v1/drift/references/liveness')).status).toBe(204)
    expect(await ask('DELETE', '/v1/drift/references/liveness')).toMatchObject({
      ...{ status: 404, body: { code: 'REFERENCE_NOT_FOUND' } },
    })
    const events = deps.audit.events.filter(({ target }) => target === 'drift:liveness')
    expect(events.map(({ action, details }) => [action, details?.before !== null, details?.after !== null])).toEqual([
      ['drift_reference_pinned', false, true],
      ['drift_reference_pinned', true, true],
      ['drift_reference_removed', true, false],
    ])
  })

  it.each([
    ['that ends before it begins', { ...body, until: '2026-11-01T00:00:00Z' }],
    ['that is longer than a quarter of a year', { ...body, from: '2026-01-01T00:00:00Z' }],
    ['that has not begun', { ...body, from: '2200-01-01T00:00:00Z', until: '2200-01-02T00:00:00Z' }],
    ['without a reason', { from: body.from, until: body.until }],
  ])('%s is refused', async (_, wrong) => {
    const { ask, deps } = await startAutoscalerApp()
    const { status, body: problem } = await ask('PUT', '/v1/drift/references/liveness', wrong)
    expect([status, problem.code]).toEqual([400, 'INVALID_REQUEST'])
    expect(await deps.drift.pins()).toEqual([])
  })
})
