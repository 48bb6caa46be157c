import { describe, expect, it } from 'vitest'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aKept } from '../../../fixtures/decisions.ts'

const PATH = '/v1/pools/checks/overrides'
const WISH = { kind: 'pin', count: 12, for: '3h', reason: 'the campaign starts' }

describe('an override', () => {
  it('is the same in members and as a sentence', async () => {
    const { ask, deps } = await startAutoscalerApp()
    const members = await ask('POST', PATH, WISH)
    const sentence = await ask('POST', PATH, { command: 'pin checks 12 for 3h because the campaign starts' })
    expect([members.status, sentence.status]).toEqual([201, 201])
    const said = ({ body: { override } }: typeof members) => {
      const { kind, count, reason, createdAt, expiresAt } = override
      const durationMs = Date.parse(expiresAt) - Date.parse(createdAt)
      return { kind, count, reason, durationMs }
    }
    expect(said(members)).toEqual({ kind: 'pin', count: 12, reason: 'the campaign starts', durationMs: 10_800_000 })
    expect(said(sentence)).toEqual(said(members))
    expect(deps.audit.events.map(({ action, channel }) => [action, channel])).toEqual([
      ['override_said', 'api'],
      ['override_said', 'api'],
    ])
  })

  it('comes with words: what holds until when, what the count will be, what it replaces', async () => {
    const { ask, deps } = await startAutoscalerApp()
    await deps.decisions.begin(aKept({ from: 5, to: 5 }))
    await ask('POST', PATH, WISH)
    const { body } = await ask('POST', PATH, { kind: 'floor', count: 20, reason: 'more still' })
    const text = body.lines.join('\n')
    expect(text).toContain('floor 20 by')
    expect(text).toContain('the count goes from 5 to at least 20')
    expect(text).toContain('replaces pin 12 by')
  })

  it('is told of by whom it is: the key that said it', async () => {
    const { ask, deps } = await startAutoscalerApp()
    const { body } = await ask('POST', PATH, WISH)
    const keys = await deps.keys.list()
    expect(body.override.actor).toBe(keys[0]?.keyId)
    expect(deps.audit.events[0]).toMatchObject({
      actor: keys[0]?.keyId,
      target: 'checks',
      requestId: expect.any(String),
    })
  })

  it.each([
    ['in the body, where no proxy keeps it', PATH, { reason: 'it is over' }, 'it is over'],
    ['in the query, as before', `${PATH}?reason=over`, undefined, 'over'],
    ['not at all', PATH, undefined, ''],
  ])('is released for a reason that is said %s', async (_how, url, payload, reason) => {
    const { ask, deps } = await startAutoscalerApp()
    await ask('POST', PATH, WISH)
    expect(await ask('DELETE', url, payload)).toMatchObject({ status: 200, body: { kind: 'released' } })
    expect(deps.audit.events.at(-1)).toMatchObject({ action: 'override_released', details: { reason } })
  })

  it('is listed with what became of it, newest first', async () => {
    const { ask } = await startAutoscalerApp()
    await ask('POST', PATH, WISH)
    await ask('DELETE', `${PATH}?reason=over`)
    await ask('POST', PATH, { kind: 'hold', reason: 'a release' })
    const { body } = await ask('GET', PATH)
    expect(body.overrides.map((one: { kind: string; state: string }) => [one.kind, one.state])).toEqual([
      ['hold', 'holds'],
      ['pin', 'released'],
    ])
    expect((await ask('GET', `${PATH}?limit=1`)).body.overrides).toHaveLength(1)
    expect((await ask('GET', '/v1/pools/papers/overrides')).body.overrides).toEqual([])
  })
})

describe('a release', () => {
  it('ends all that holds, and says so', async () => {
    const { ask, deps } = await startAutoscalerApp()
    await ask('POST', PATH, WISH)
    await ask('POST', PATH, { kind: 'floor', count: 3, reason: 'r' })
    const { status, body } = await ask('DELETE', PATH)
    expect([status, body.kind, body.released.length]).toEqual([200, 'released', 2])
    expect(await deps.overrideStore.active()).toEqual([])
  })

  it('can be said as a sentence, and twice', async () => {
    const { ask } = await startAutoscalerApp()
    await ask('POST', PATH, WISH)
    const first = await ask('POST', PATH, { command: 'release checks' })
    expect([first.status, first.body.released.length]).toEqual([200, 1])
    expect((await ask('DELETE', PATH)).body).toMatchObject({ kind: 'released', released: [] })
  })
})

describe('an override of more than a day', () => {
  it('holds once another key has confirmed it', async () => {
    const { ask, keyOf, deps } = await startAutoscalerApp()
    const asked = await ask('POST', PATH, { ...WISH, for: '2d' })
    expect([asked.status, asked.body.kind, asked.body.override.state]).toEqual([202, 'pending', 'pending'])
    expect(await deps.overrideStore.active()).toEqual([])
    const confirm = `/v1/overrides/${asked.body.override.id}/confirm`
    expect(await ask('POST', confirm)).toMatchObject({ status: 409, body: { code: 'SECOND_PERSON_NEEDED' } })
    const other = await keyOf({ role: 'operator' })
    const confirmed = await ask('POST', confirm, undefined, other)
    expect(confirmed).toMatchObject({ status: 200, body: { kind: 'holds', override: { state: 'holds' } } })
    expect(await ask('POST', confirm, undefined, other)).toMatchObject({
      status: 404,
      body: { code: 'OVERRIDE_NOT_FOUND' },
    })
    expect(await deps.overrideStore.active()).toHaveLength(1)
  })
})

describe('what cannot be said', () => {
  it.each<[string, object, number, string]>([
    ['nothing', {}, 400, 'INVALID_REQUEST'],
    ['a member there is not', { ...WISH, until: 'noon' }, 400, 'INVALID_REQUEST'],
    ['a pin without a count', { kind: 'pin', reason: 'r' }, 400, 'COMMAND_INVALID'],
    ['a hold with a count', { kind: 'hold', count: 3, reason: 'r' }, 400, 'COMMAND_INVALID'],
    ['no reason', { kind: 'pin', count: 3 }, 400, 'COMMAND_INVALID'],
    ['no kind', { count: 3, reason: 'r' }, 400, 'COMMAND_INVALID'],
    ['both ways at once', { ...WISH, command: 'pin checks 3 because r' }, 400, 'COMMAND_INVALID'],
    ['an unknown kind', { ...WISH, kind: 'double' }, 400, 'INVALID_REQUEST'],
    ['a period of another form', { ...WISH, for: 'a while' }, 400, 'INVALID_REQUEST'],
    ['longer than a month', { ...WISH, for: '31d' }, 400, 'COMMAND_INVALID'],
    ['a sentence that is none', { command: 'more nodes please' }, 400, 'COMMAND_INVALID'],
    ['another pool than the path', { command: 'pin papers 3 because r' }, 400, 'COMMAND_INVALID'],
    ['a confirmation in the wrong place', { command: 'confirm 1' }, 400, 'COMMAND_INVALID'],
    ['more than the pool may have', { ...WISH, count: 41 }, 422, 'COUNT_TOO_HIGH'],
  ])('%s is refused', async (_what, body, status, code) => {
    const { ask, deps } = await startAutoscalerApp()
    expect(await ask('POST', PATH, body)).toMatchObject({ status, body: { code } })
    expect(await deps.overrideStore.list({ limit: 10 })).toEqual([])
    expect(deps.audit.events).toEqual([])
  })

  it('is not repeated in the answer', async () => {
    const { app, auth } = await startAutoscalerApp()
    const payload = { command: 'pin Ada-Lovelace 3 because r' }
    const answer = await app.inject({ method: 'POST', url: PATH, headers: auth, payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.body).not.toContain('Lovelace')
  })

  it('an unknown id is confirmed by nobody', async () => {
    const { ask } = await startAutoscalerApp()
    for (const id of ['1', 'x', `${'9'.repeat(30)}`])
      expect((await ask('POST', `/v1/overrides/${id}/confirm`)).body.code).toBe('OVERRIDE_NOT_FOUND')
  })
})
