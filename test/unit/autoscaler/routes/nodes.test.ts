import { describe, expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aNodeDevice, aNodeWorker, aToldNode, aWish } from '../../../fixtures/nodes.ts'

const HOUR_MS = 3_600_000

const start = async () => {
  const started = await startAutoscalerApp()
  await started.deps.nodes.tell(aToldNode({ name: 'rack-7', workers: [aNodeWorker(), aNodeWorker({ index: 1 })] }))
  await started.deps.nodes.tell(aToldNode({ name: 'rack-8', state: 'starting', workers: [], devices: [] }))
  return started
}

describe('GET /v1/nodes', () => {
  it('shows each machine with its workers and devices, how it is, and what draining it would mean', async () => {
    const { ask } = await start()
    const { status, body } = await ask('GET', '/v1/nodes')
    expect([status, body.nodes.map(({ name }: { name: string }) => name)]).toEqual([200, ['rack-7', 'rack-8']])
    expect(body.nodes[0]).toMatchObject({
      state: 'ready',
      headline: '2 of 2 workers take jobs',
      drain: null,
      ifDrained: ['checks: 2 workers of it stop, NONE is left: its checks wait'],
      load: { cores: 8, perCore: 0.5 },
      workers: [{ index: 0, state: 'ready', inHand: 1 }, { index: 1 }],
      devices: [{ name: 'cuda', gpu: 'NVIDIA L4', quarantined: false, why: null, utilisation: 0.4 }],
    })
    expect(body.nodes[1]).toMatchObject({ state: 'starting', headline: '0 of 0 workers take jobs', devices: [] })
  })

  it('tells a device that failed, and what nobody knows is null', async () => {
    const { ask, deps } = await start()
    const quarantine = { why: '3 faults within 10 min: ecc', since: 0 }
    const device = aNodeDevice({ quarantine, utilisationRatio: null, memoryUsedBytes: null })
    await deps.nodes.tell(aToldNode({ name: 'rack-1', state: 'quarantined', workers: [], devices: [device] }))
    const { body } = await ask('GET', '/v1/nodes')
    expect(body.nodes[0]).toMatchObject({ name: 'rack-1', headline: 'cuda failed: 3 faults within 10 min: ecc' })
    expect(body.nodes[0].devices).toMatchObject([
      {
        quarantined: true,
        why: quarantine.why,
        since: '1970-01-01T00:00:00.000Z',
        utilisation: null,
        memoryUsedBytes: null,
      },
    ])
  })

  it('does not lose a wish for a machine that is away', async () => {
    const { ask, deps } = await start()
    await deps.nodes.drain(aWish({ node: 'rack-99' }))
    const { body } = await ask('GET', '/v1/nodes')
    expect(body.elsewhere).toMatchObject([{ name: 'rack-99', drain: { reason: 'a fan is replaced', by: 'ada' } }])
  })
})

describe('POST /v1/nodes/{node}/drain', () => {
  it('says what will happen, and is in the trail and told with who, why and until when', async () => {
    const { ask, deps } = await start()
    const { status, body } = await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'a fan is replaced', minutes: 90 })
    expect([status, body.pools]).toEqual([200, [{ pool: 'checks', stopping: 2, left: 0 }]])
    expect(Date.parse(body.drain.until) - Date.parse(body.drain.since)).toBe(90 * 60_000)
    expect(body.lines[0]).toMatch(/^rack-7: drained by \S+ until .* UTC: a fan is replaced$/)
    const events = deps.audit.events.filter(({ action }) => action === 'node_drained')
    expect(events).toMatchObject([
      { target: 'node:rack-7', channel: 'api', details: { reason: 'a fan is replaced', durationMs: 90 * 60_000 } },
    ])
    expect(deps.notices).toMatchObject([{ kind: 'override', pool: 'checks', key: 'drain:rack-7', lines: body.lines }])
    const { body: after } = await ask('GET', '/v1/nodes')
    expect(after.nodes[0]).toMatchObject({ drain: { reason: 'a fan is replaced' }, ifDrained: [] })
  })

  it('lasts a shift unless told', async () => {
    const { ask } = await start()
    const { body } = await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'noise' })
    expect(Date.parse(body.drain.until) - Date.parse(body.drain.since)).toBe(8 * HOUR_MS)
  })

  it.each([
    ['a machine nobody knows', '/v1/nodes/rack-9/drain', { reason: 'r' }, 404, 'NODE_NOT_FOUND'],
    ['no reason', '/v1/nodes/rack-7/drain', { minutes: 5 }, 400, 'INVALID_REQUEST'],
    ['an empty reason', '/v1/nodes/rack-7/drain', { reason: '' }, 400, 'INVALID_REQUEST'],
    ['no time at all', '/v1/nodes/rack-7/drain', { reason: 'r', minutes: 0 }, 400, 'INVALID_REQUEST'],
    ['more than 30 days', '/v1/nodes/rack-7/drain', { reason: 'r', minutes: 43_201 }, 400, 'INVALID_REQUEST'],
    ['no body', '/v1/nodes/rack-7/drain', undefined, 400, 'MALFORMED_BODY'],
  ])('with %s changes nothing', async (_what, url, payload, status, code) => {
    const { ask, deps } = await start()
    const answer = await ask('POST', url, payload)
    expect([answer.status, answer.body.code]).toEqual([status, code])
    expect((await deps.nodes.list(10)).drains).toEqual([])
    expect(deps.audit.events).toEqual([])
  })

  it('does not happen when the trail cannot be written', async () => {
    const { deps, ask } = await start()
    deps.audit.record = () => Promise.reject(new Error('the trail is away'))
    expect((await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'r' })).status).toBe(500)
    expect((await deps.nodes.list(10)).drains).toEqual([])
  })
})

describe('DELETE /v1/nodes/{node}/drain', () => {
  it('takes a wish back, with a reason, and tells it under the same message', async () => {
    const { ask, deps } = await start()
    await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'a fan' })
    expect((await ask('DELETE', '/v1/nodes/rack-7/drain')).body.code).toBe('INVALID_REQUEST')
    const { status, body } = await ask('DELETE', '/v1/nodes/rack-7/drain?reason=mended')
    expect([status, body.drain, body.lines[1]]).toEqual([200, null, 'its workers start again within some ten seconds'])
    expect(deps.audit.events.map(({ action }) => action)).toEqual(['node_drained', 'node_released'])
    expect(deps.notices.map(({ key }) => key)).toEqual(['drain:rack-7', 'drain:rack-7'])
  })

  it('of a machine that was not drained says so, and tells nobody', async () => {
    const { ask, deps } = await start()
    const { body } = await ask('DELETE', '/v1/nodes/rack-7/drain?reason=mended')
    expect(body.lines).toEqual(['rack-7: there was nothing to release'])
    expect(deps.notices).toEqual([])
    expect((await ask('DELETE', '/v1/nodes/rack-9/drain?reason=mended')).body.code).toBe('NODE_NOT_FOUND')
  })
})
