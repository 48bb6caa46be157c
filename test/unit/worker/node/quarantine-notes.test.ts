import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { QuarantineStore } from '../../../../infra/ports/quarantine-store.ts'
import type { Quarantined } from '../../../../worker/node/quarantine.ts'
import { startQuarantineNotes } from '../../../../worker/node/quarantine-notes.ts'
import { createMemoryQuarantineStore } from '../../../fakes/quarantine-store.ts'
import { silence } from '../../../fixtures/silence.ts'

const broken: Quarantined = { device: 'cuda', why: 'cudnn', since: 0 }
const { log } = silence()

const someNotes = (store: QuarantineStore | undefined, quarantined: readonly Quarantined[] = []) =>
  startQuarantineNotes(store, { node: 'n', pools: ['ocr', 'liveness'], quarantined: () => quarantined }, log)

describe('the notes of a node', () => {
  it('tell where a quarantine begins and ends', async () => {
    const store = createMemoryQuarantineStore()
    const notes = someNotes(store)
    notes.begun(broken)
    await expect.poll(() => store.active(1_000)).toMatchObject([{ node: 'n', device: 'cuda', pools: 'ocr liveness' }])
    notes.released(broken)
    await expect.poll(() => store.active(1_000)).toEqual([])
    await notes.stop()
  })

  it('take a quarantine back with the node that knew of it', async () => {
    const store = createMemoryQuarantineStore()
    const notes = someNotes(store, [broken])
    notes.begun(broken)
    await notes.stop()
    expect(await store.list(10)).toMatchObject([{ device: 'cuda', endedAt: expect.any(Number) }])
  })

  it('keep nobody from stopping where the database is away, or there is none', async () => {
    const away = async () => {
      throw new UnavailableError('postgres', new Error('gone'))
    }
    for (const store of [undefined, { ...createMemoryQuarantineStore(), holds: away, ended: away }]) {
      const notes = someNotes(store, [broken])
      notes.begun(broken)
      await expect(notes.stop()).resolves.toBeUndefined()
    }
  })
})
