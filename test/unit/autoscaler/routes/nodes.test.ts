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

/** A fleet that one machine may leave. */
const startLarge = async () => {
  const started = await start()
  for (const name of ['rack-5', 'rack-6']) await started.deps.nodes.tell(aToldNode({ name }))
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
      ifDrained: [
        'checks: 2 workers of it stop, NONE is left: its checks wait',
        'it must be forced: checks: no worker of it is left',
      ],
      forceNeeded: true,
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

  it('tells workers in containers of their own, of which nobody counts the starts', async () => {
    const { ask, deps } = await start()
    const unknown = { pid: null, restarts: null, inHand: null, models: null }
    await deps.nodes.tell(aToldNode({ name: 'rack-1', workers: [aNodeWorker({ ...unknown, devices: [] })] }))
    const { status, body } = await ask('GET', '/v1/nodes')
    expect([status, body.nodes[0].workers]).toMatchObject([200, [unknown]])
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
    const { ask, deps } = await startLarge()
    const { status, body } = await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'a fan is replaced', minutes: 90 })
    expect([status, body.pools]).toEqual([200, [{ pool: 'checks', stopping: 2, left: 2 }]])
    expect(Date.parse(body.drain.until) - Date.parse(body.drain.since)).toBe(90 * 60_000)
    expect(body.lines[0]).toMatch(/^rack-7: drained by \S+ until .* UTC: a fan is replaced$/)
    const events = deps.audit.events.filter(({ action }) => action === 'node_drained')
    expect(events).toMatchObject([
      { target: 'node:rack-7', channel: 'api', details: { reason: 'a fan is replaced', durationMs: 90 * 60_000 } },
    ])
    expect(deps.notices).toMatchObject([{ kind: 'override', pool: 'checks', key: 'drain:rack-7', lines: body.lines }])
    const { body: after } = await ask('GET', '/v1/nodes')
    const [node] = after.nodes.filter(({ name }: { name: string }) => name === 'rack-7')
    expect(node).toMatchObject({ drain: { reason: 'a fan is replaced' }, ifDrained: [], forceNeeded: false })
  })

  it('lasts a shift unless told', async () => {
    const { ask } = await startLarge()
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

  it('of workers that no supervisor speaks for is refused, and says why nothing happens', async () => {
    const { ask } = await start()
    const { body } = await ask('POST', '/v1/nodes/rack-9/drain', { reason: 'a fan is replaced' })
    expect(body.detail).toContain('workers that no node supervisor or gate speaks for')
  })

  it('of the last worker takes force, and says so in the words that the list has', async () => {
    const { ask, deps } = await start()
    const refused = await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'a fan is replaced' })
    expect([refused.status, refused.body.code, refused.body.retryable]).toEqual([409, 'FORCE_NEEDED', false])
    const { body: before } = await ask('GET', '/v1/nodes')
    expect(before.nodes[0].ifDrained).toContain(refused.body.detail)
    expect([before.nodes[0].drain, deps.audit.events]).toEqual([null, []])
    const { status, body } = await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'a fan is replaced', force: true })
    expect([status, body.lines.at(-1)]).toEqual([200, 'forced: checks: no worker of it is left'])
    expect(deps.audit.events).toMatchObject([
      { action: 'node_drained', details: { forced: ['checks: no worker of it is left'], before: null } },
    ])
  })

  it('of several machines at once is weighed one after the other', async () => {
    const { deps } = await startLarge()
    const by = { actor: 'ada', channel: 'api' } as const
    const wishes = ['rack-5', 'rack-6', 'rack-7'].map((name) => deps.drains.drain(name, { reason: 'noise' }, by))
    const [first, second, third] = await Promise.allSettled(wishes)
    expect([first?.status, second?.status]).toEqual(['fulfilled', 'fulfilled'])
    expect(third).toMatchObject({ reason: { code: 'FORCE_NEEDED' } })
    expect((await deps.nodes.list(10)).drains).toHaveLength(2)
  })

  it('over 24 hours takes two people, the second while the wish of the first holds', async () => {
    const { ask, deps, keyOf } = await startLarge()
    const [ada, bob] = [await keyOf({ role: 'operator' }), await keyOf({ role: 'operator' })]
    const url = '/v1/nodes/rack-7/drain'
    const say = async (minutes: number, who: typeof ada) => {
      const { status, body } = await ask('POST', url, { reason: 'new disks', minutes }, who)
      return [status, body.code]
    }
    const [day, week] = [24 * 60, 7 * 24 * 60]
    const alone = [409, 'SECOND_PERSON_NEEDED']
    expect(await say(day + 1, ada)).toEqual(alone)
    expect(deps.audit.events).toEqual([])
    expect(await say(day, ada)).toEqual([200, undefined])
    expect(await say(week, ada)).toEqual(alone)
    expect(await say(week, bob)).toEqual([200, undefined])
    // What was agreed may be cut by either of them alone, and is not made longer by one.
    expect(await say(week - 60, bob)).toEqual([200, undefined])
    expect(await say(week, bob)).toEqual(alone)
    const events = deps.audit.events.filter(({ action }) => action === 'node_drained')
    expect(events.map(({ details }) => details?.durationMs)).toEqual(
      [day, week, week - 60].map((some) => some * 60_000),
    )
    expect(events[1]?.details?.before).toMatchObject({ by: events[0]?.actor })
  })

  it('does not happen when the trail cannot be written', async () => {
    const { deps, ask } = await startLarge()
    deps.audit.record = () => Promise.reject(new Error('the trail is away'))
    expect((await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'r' })).status).toBe(500)
    expect((await deps.nodes.list(10)).drains).toEqual([])
  })
})

describe('DELETE /v1/nodes/{node}/drain', () => {
  it('takes a wish back, with a reason, and tells it under the same message', async () => {
    const { ask, deps } = await startLarge()
    await ask('POST', '/v1/nodes/rack-7/drain', { reason: 'a fan' })
    expect((await ask('DELETE', '/v1/nodes/rack-7/drain')).body.code).toBe('MALFORMED_BODY')
    // What stands in an address stands in the log of every proxy.
    expect((await ask('DELETE', '/v1/nodes/rack-7/drain?reason=mended')).status).toBe(400)
    expect((await ask('DELETE', '/v1/nodes/rack-7/drain', { reason: '' })).body.code).toBe('INVALID_REQUEST')
    const { status, body } = await ask('DELETE', '/v1/nodes/rack-7/drain', { reason: 'mended' })
    expect([status, body.drain, body.lines[1]]).toEqual([200, null, 'its workers start again within some ten seconds'])
    expect(deps.audit.events.map(({ action }) => action)).toEqual(['node_drained', 'node_released'])
    expect(deps.notices.map(({ key }) => key)).toEqual(['drain:rack-7', 'drain:rack-7'])
  })

  it('of a machine that was not drained says so, and tells nobody', async () => {
    const { ask, deps } = await start()
    const { body } = await ask('DELETE', '/v1/nodes/rack-7/drain', { reason: 'mended' })
    expect(body.lines).toEqual(['rack-7: there was nothing to release'])
    expect(deps.notices).toEqual([])
    expect((await ask('DELETE', '/v1/nodes/rack-9/drain', { reason: 'mended' })).body.code).toBe('NODE_NOT_FOUND')
  })
})
