import { expect, it } from 'vitest'
import { createDeadLetterDesk } from '../../../../autoscaler/dead-letter-desk.ts'
import { createManageDeadLetters } from '../../../../infra/dead-letters/redrive.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { Reopened } from '../../../../infra/ports/dead-letters.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { createMemoryAuditLog } from '../../../fakes/audit-log.ts'
import { createMemoryDeadLetters } from '../../../fakes/dead-letters.ts'
import { startAutoscalerApp } from '../../../fixtures/autoscaler-app.ts'
import { aDeadLetter } from '../../../fixtures/dead-letters.ts'

const URL = '/v1/fleet/dead-letters'
const reason = 'the storage is back'

const start = async (outcomes: Readonly<Record<string, Reopened>> = { a: 'reopened', b: 'over', c: 'open' }) => {
  const unreadable = { ...aDeadLetter('x-1', { reason: 'unreadable', diedAt: undefined }), job: undefined }
  const deadLetters = createMemoryDeadLetters([...Object.keys(outcomes).map((id) => aDeadLetter(id)), unreadable])
  const audit = createMemoryAuditLog()
  const reopener = { reopen: async (_tenant: string, id: string) => outcomes[id] ?? ('missing' as const) }
  const manage = createManageDeadLetters({ deadLetters, audit, reopener }, { interactive: 1, bulk: 2 })
  const desk = createDeadLetterDesk({ deadLetters, manage, clock: systemClock })
  const started = await startAutoscalerApp({ deadLetterDesk: desk })
  const redrive = (body: object, headers?: { readonly authorization: string }) =>
    started.ask('POST', `${URL}/redrive`, body, headers)
  return { ...started, audit, redrive, left: () => deadLetters.letters.map(({ id }) => id) }
}

it('lists what was given up, with the job it was of', async () => {
  const { ask } = await start()
  const { status, body } = await ask('GET', URL)
  expect([status, body.count, body.deadLetters.length]).toEqual([200, 4, 4])
  expect(body.deadLetters[0]).toEqual({
    ...{ id: 'a', reason: 'exhausted', pool: 'ocr', diedAt: '2023-11-14T22:13:20.000Z' },
    job: { id: 'a', tenant: 'acme', task: 'ocr', lane: 'interactive' },
  })
  expect(body.deadLetters[3]).toMatchObject({ id: 'x-1', job: null, diedAt: null })
})

it('shows a key that is limited to some tasks what it may see of jobs', async () => {
  const { ask, keyOf } = await start()
  const shownTo = async (...scopes: ('ocr' | 'liveness')[]) =>
    (await ask('GET', URL, undefined, await keyOf({ role: 'viewer', scopes }))).body.deadLetters.length
  expect([await shownTo(), await shownTo('ocr'), await shownTo('liveness')]).toEqual([4, 3, 0])
})

it('tries those again that are named, says what became of each, and who did it why', async () => {
  const { redrive, left, audit, auth } = await start()
  const { status, body } = await redrive({ ids: ['a', 'b', 'nobody'], reason })
  expect([status, body.notThere, body.left]).toEqual([200, ['nobody'], 3])
  expect(body.redriven).toEqual([
    { id: 'a', outcome: 'reopened', line: 'queued again, with its attempts anew' },
    { id: 'b', outcome: 'over', line: expect.stringMatching(/^stays/) },
  ])
  expect(left()).toEqual(['b', 'c', 'x-1'])
  const actor = audit.events[0]?.actor ?? 'nobody'
  expect(auth.authorization).toContain(`_${actor}_`)
  expect(audit.events.map(({ target, tenant, details }) => [target, tenant, details?.why])).toEqual([
    ['a', 'acme', reason],
    ['b', 'acme', reason],
  ])
})

it('tries all again, and does no harm when asked twice', async () => {
  const { redrive, left } = await start()
  expect((await redrive({ all: true, reason })).body.redriven).toHaveLength(4)
  expect(left()).toEqual(['b', 'x-1'])
  const again = await redrive({ ids: ['a'], reason })
  expect([again.status, again.body.redriven, again.body.notThere]).toEqual([200, [], ['a']])
})

it.each([
  { reason },
  { ids: ['a'], all: true, reason },
  { all: false, reason },
  { ids: [], reason },
  { all: true },
  { all: true, reason: '' },
  { all: true, reason: 'two\nlines' },
  { ids: ['a', 'a'], reason },
  { ids: Array.from({ length: 201 }, (_, index) => `j${index}`), reason },
])('refuses %j', async (body) => {
  const { redrive, left, audit } = await start()
  const answer = await redrive(body)
  expect([answer.status, answer.body.code]).toEqual([400, 'INVALID_REQUEST'])
  expect([left().length, audit.events.length]).toEqual([4, 0])
})

it('lets viewers look and only operators try again', async () => {
  const { ask, redrive, keyOf } = await start()
  const viewer = await keyOf({ role: 'viewer' })
  expect((await ask('GET', URL, undefined, viewer)).status).toBe(200)
  expect((await redrive({ all: true, reason }, viewer)).body.code).toBe('FORBIDDEN')
  expect((await redrive({ all: true, reason }, await keyOf({ role: 'operator' }))).status).toBe(200)
})

it('says that it is the broker that is away, and when to come again', async () => {
  const away = async () => {
    throw new UnavailableError('rabbitmq', new Error('gone'))
  }
  const { app, auth } = await startAutoscalerApp({ deadLetterDesk: { count: away, list: away, redrive: away } })
  for (const [method, url, payload] of [
    ['GET', URL, undefined],
    ['POST', `${URL}/redrive`, { all: true, reason }],
  ] as const) {
    const answer = await app.inject({ method, url, headers: auth, ...(payload && { payload }) })
    expect([answer.statusCode, answer.json().code, answer.headers['retry-after']]).toEqual([503, 'UNAVAILABLE', '2'])
  }
})
