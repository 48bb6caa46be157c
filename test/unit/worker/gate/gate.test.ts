import { describe, expect, it } from 'vitest'
import type { Asked } from '../../../../worker/gate/ask-workers.ts'
import { createGate } from '../../../../worker/gate/gate.ts'
import { UNKNOWN } from '../../../../worker/node/about.ts'
import { toldNode } from '../../../../worker/node/told-node.ts'

const about = { inHand: 3, devices: ['cuda'], models: 'm@1' }
const worker = (address: string, kind: Asked['kind'], says = UNKNOWN): Asked => ({ address, kind, about: says })

/** A gate of two workers. */
const start = () => {
  const seen = { asked: [] as readonly Asked[], knows: true, askCount: 0, held: Promise.resolve() }
  const gate = createGate({
    async ask() {
      seen.askCount += 1
      await seen.held
      return seen.asked
    },
    ...{ wanted: 2, pool: 'checks', clock: { now: () => 5_000 }, knows: () => seen.knows },
  })
  const answer = async (path: string) => {
    const { status, body } = await gate.answer(path)
    return [status, path === '/wish' ? body : (JSON.parse(body) as object)] as const
  }
  return { seen, gate, answer }
}

describe('a gate', () => {
  it('is ready when as many workers as there should be are', async () => {
    const { seen, answer } = start()
    seen.asked = [worker('a', 'ready'), worker('b', 'not-ready')]
    const workers = [
      { worker: 'a', ready: true },
      { worker: 'b', ready: false },
    ]
    expect(await answer('/readyz')).toEqual([503, { status: 'not ready', wanted: 2, ready: 1, workers }])
    seen.asked = [worker('a', 'ready'), worker('b', 'ready')]
    expect(await answer('/readyz')).toMatchObject([200, { status: 'ok', ready: 2 }])
  })

  it('lives whatever its workers do', async () => {
    expect(await start().answer('/livez')).toMatchObject([200, { status: 'not ready', ready: 0 }])
  })

  it('is well while people keep its workers from work, and says so', async () => {
    const { seen, gate, answer } = start()
    seen.asked = [worker('a', 'ready'), worker('b', 'gone')]
    await gate.look()
    gate.drain(true)
    expect(await answer('/readyz')).toMatchObject([200, { status: 'draining', ready: 1 }])
    seen.asked = []
    expect(await answer('/readyz')).toMatchObject([200, { status: 'drained', ready: 0 }])
    gate.drain(false)
    expect(await answer('/readyz')).toMatchObject([503, { status: 'not ready' }])
  })

  it('tells who stops and starts them what is wished, once it knows it', async () => {
    const { seen, gate, answer } = start()
    seen.knows = false
    expect(await answer('/wish')).toEqual([200, 'unknown\n'])
    seen.knows = true
    expect(await answer('/wish')).toEqual([200, 'work\n'])
    gate.drain(true)
    expect(await answer('/wish')).toEqual([200, 'rest\n'])
    expect(seen.askCount).toBe(0)
  })

  it('asks its workers once for all who look at the same time', async () => {
    const { seen, gate } = start()
    const held = Promise.withResolvers<void>()
    seen.held = held.promise
    const looks = [gate.look(), gate.answer('/readyz')]
    held.resolve()
    await Promise.all(looks)
    expect(seen.askCount).toBe(1)
  })

  it('tells the fleet of them as one node, and what it cannot know as unknown', async () => {
    const { seen, gate } = start()
    seen.asked = [worker('a', 'ready', about), worker('b', 'not-ready')]
    await gate.look()
    const identity = { id: 'i', name: 'rack-7', zone: null, pools: ['checks'], version: '0.2.0' }
    const { state, workers, devices } = toldNode(identity, gate, { gpus: [], load: null })
    const unknown = { pool: 'checks', pid: null, restarts: null, since: 5_000 }
    expect(state).toBe('starting')
    expect(workers).toEqual([
      { ...unknown, index: 0, state: 'ready', ...about },
      { ...unknown, index: 1, state: 'starting', inHand: null, devices: [], models: null },
    ])
    expect(devices).toMatchObject([{ name: 'cuda', gpu: null, utilisationRatio: null, quarantine: null }])
  })
})
