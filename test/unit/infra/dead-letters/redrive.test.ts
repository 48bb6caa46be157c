import { expect, it } from 'vitest'
import { createManageDeadLetters } from '../../../../infra/dead-letters/redrive.ts'
import type { Reopened } from '../../../../infra/ports/dead-letters.ts'
import { createMemoryAuditLog } from '../../../fakes/audit-log.ts'
import { createMemoryDeadLetters } from '../../../fakes/dead-letters.ts'
import { aDeadLetter } from '../../../fixtures/dead-letters.ts'

const BY = { actor: 'cli:me', channel: 'cli' } as const
const OUTCOMES: readonly Reopened[] = ['reopened', 'open', 'over', 'gone', 'missing']

const start = () => {
  const unreadable = { ...aDeadLetter('x-1', { reason: 'unreadable' }), job: undefined }
  const deadLetters = createMemoryDeadLetters([...OUTCOMES.map((kind) => aDeadLetter(kind)), unreadable])
  const audit = createMemoryAuditLog()
  const reopener = { reopen: async (_: string, id: string) => id as Reopened }
  const manage = createManageDeadLetters({ deadLetters, audit, reopener }, { interactive: 1, bulk: 2 })
  return { deadLetters, audit, manage, left: () => deadLetters.letters.map(({ id }) => id) }
}

it('takes out the letters whose job is open again, and says why the others stay', async () => {
  const { manage, left, audit } = start()
  const redriven = await manage.redrive(BY, {}, false)
  expect(redriven.map(({ letter, outcome }) => [letter.id, outcome])).toEqual([
    ...OUTCOMES.map((kind) => [kind, kind]),
    ['x-1', 'unreadable'],
  ])
  expect(left()).toEqual(['over', 'gone', 'missing', 'x-1'])
  expect(audit.events.map(({ action, target }) => [action, target])).toEqual(
    OUTCOMES.map((kind) => ['dead_letter_redriven', kind]),
  )
})

it('changes nothing in a dry run', async () => {
  const { manage, left, audit } = start()
  const redriven = await manage.redrive(BY, { ids: ['reopened'] }, true)
  expect(redriven.map(({ outcome }) => outcome)).toEqual(['would try'])
  expect([left().length, audit.events.length]).toEqual([6, 0])
})

it('takes those of one reason only', async () => {
  const { manage } = start()
  expect(await manage.redrive(BY, { reason: 'unreadable' }, false)).toMatchObject([{ outcome: 'unreadable' }])
})

it('purges a letter for good, and that is on the trail', async () => {
  const { manage, left, audit } = start()
  await manage.purge(BY, { ids: ['x-1'] })
  expect(left()).toEqual([...OUTCOMES])
  expect(audit.events).toMatchObject([{ action: 'dead_letter_purged', target: 'x-1', tenant: null, actor: 'cli:me' }])
})

it('takes the oldest alone where so many were asked for, and the others the next time', async () => {
  const { manage, left } = start()
  expect(await manage.redrive(BY, { atMost: 1 }, false)).toMatchObject([{ outcome: 'reopened' }])
  expect(await manage.redrive(BY, { atMost: 1 }, false)).toMatchObject([{ outcome: 'open' }])
  expect(left()).toEqual(['over', 'gone', 'missing', 'x-1'])
})

it('writes down why, where somebody said so', async () => {
  const { manage, audit } = start()
  await manage.redrive({ ...BY, why: 'the storage is back' }, { ids: ['open'] }, false)
  expect(audit.events).toMatchObject([
    { actor: 'cli:me', details: { reason: 'exhausted', why: 'the storage is back' } },
  ])
  expect(audit.events[0]).not.toHaveProperty('why')
})
