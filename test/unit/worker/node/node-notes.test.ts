import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { NodeTold } from '../../../../infra/domain/fleet-node.ts'
import type { NodeStore } from '../../../../infra/ports/node-store.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { startNodeNotes } from '../../../../worker/node/node-notes.ts'
import { createMemoryNodeStore } from '../../../fakes/node-store.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { aToldNode, aWish } from '../../../fixtures/nodes.ts'
import { silence } from '../../../fixtures/silence.ts'

const someNotes = (store: Pick<NodeStore, 'tell' | 'left'> | undefined, node: { now: NodeTold }) => {
  const heard: boolean[] = []
  const notes = startNodeNotes({
    store,
    told: () => node.now,
    onDrain: (draining) => void heard.push(draining),
    ...{ clock: systemClock, log: silence().log, everyMs: 60_000, patienceMs: 20 },
  })
  return { notes, heard }
}
const away = () => Promise.reject(new UnavailableError('postgres', new Error('gone')))

describe('the notes of a node', () => {
  it('tell of it, of a change soon after, and of its end', async () => {
    const store = createMemoryNodeStore()
    const node = { now: aToldNode({ state: 'starting' }) }
    const { notes } = someNotes(store, node)
    await notes.begun
    expect((await store.list(10)).nodes).toMatchObject([{ state: 'starting' }])
    node.now = { ...node.now, state: 'ready' }
    await eventually(async () => expect((await store.list(10)).nodes).toMatchObject([{ state: 'ready' }]))
    await notes.stop()
    expect((await store.list(10)).nodes).toEqual([])
  })

  it('know before the work begins that the machine is drained', async () => {
    const store = createMemoryNodeStore()
    await store.drain(aWish({ node: 'rack-7' }))
    const { notes, heard } = someNotes(store, { now: aToldNode({ name: 'rack-7' }) })
    await notes.begun
    expect(heard).toEqual([true])
    await notes.stop()
  })

  it.each([
    ['is none', undefined],
    ['is away', { tell: away, left: away }],
    ['never answers', { tell: () => new Promise<never>(() => {}), left: () => new Promise<never>(() => {}) }],
  ])('keep nobody from starting or stopping where a database %s', async (_what, store) => {
    const { notes, heard } = someNotes(store, { now: aToldNode() })
    await expect(notes.begun).resolves.toBeUndefined()
    await expect(notes.stop()).resolves.toBeUndefined()
    expect(heard).toEqual([])
  })
})
