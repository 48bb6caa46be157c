import { expect, it } from 'vitest'
import { UnavailableError } from '../../../infra/domain/errors.ts'
import type { BootRecord } from '../../../infra/ports/boot-record.ts'
import { createBootNotes } from '../../../worker/boot-notes.ts'
import type { Turns } from '../../../worker/turns.ts'
import { createMemoryBootRecord } from '../../fakes/boot-record.ts'
import { silence } from '../../fixtures/silence.ts'

const start = (record: BootRecord = createMemoryBootRecord()) => {
  const ended: string[] = []
  const turns: Turns = {
    ended: (jobId) => void ended.push(jobId),
    announce: async () => {},
    leave: async () => {},
  }
  const notes = createBootNotes({ record, log: silence().log }, { workerId: 'host/ocr/0/1', pool: 'ocr', agoMs: 5_000 })
  return { notes, watched: notes.watch(turns), ended, starts: () => record.starts('ocr', 0, 10) }
}

it('tells at once that it has started, and when', async () => {
  const before = Date.now()
  const { notes, starts } = start()
  await notes.settled()
  const [told] = await starts()
  expect(told).toMatchObject({ workerId: 'host/ocr/0/1', readyAt: null, firstJobAt: null })
  expect(told?.startedAt).toBeLessThan(before - 4_000)
})

it('tells of the first job that a model has worked on, and of no other', async () => {
  let told = 0
  const record = createMemoryBootRecord()
  const { notes, watched, ended, starts } = start({
    ...record,
    async firstJob(workerId) {
      told += 1
      await record.firstJob(workerId)
    },
  })
  notes.ready('cpu')
  watched.ended('never-ran', false)
  await notes.settled()
  expect(await starts()).toMatchObject([{ device: 'cpu', firstJobAt: null }])
  for (const id of ['a', 'b', 'c']) watched.ended(id, true)
  await notes.settled()
  expect(await starts()).toMatchObject([{ firstJobAt: expect.any(Number) }])
  expect([told, ended]).toEqual([1, ['never-ran', 'a', 'b', 'c']])
})

it('works all the same where nothing can be recorded', async () => {
  const away = async () => {
    throw new UnavailableError('postgres', new Error('away'))
  }
  const { notes, watched, ended } = start({ ...createMemoryBootRecord(), started: away, ready: away, firstJob: away })
  notes.ready('cpu')
  watched.ended('a', true)
  await notes.settled()
  expect(ended).toEqual(['a'])
})
