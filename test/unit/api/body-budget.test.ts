import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { announcedBytes, budgetOfMemory, createBodyBudget } from '../../../api/body-budget.ts'
import { OverloadedError } from '../../../infra/http/request-error.ts'
import { startApi } from '../../fixtures/api.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { PERSON } from '../../fixtures/forms.ts'

describe('a budget of bodies', () => {
  it('never holds more than its limit, and comes back to nothing', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.boolean()), { maxLength: 50 }), (steps) => {
        const budget = createBodyBudget(200)
        const held: (() => void)[] = []
        for (const [bytes, give] of steps) {
          const before = budget.usedBytes()
          try {
            held.push(budget.take(bytes))
          } catch (error) {
            expect(error).toBeInstanceOf(OverloadedError)
            expect(before + bytes).toBeGreaterThan(200)
          }
          if (give) held[0]?.()
          expect(budget.usedBytes()).toBeLessThanOrEqual(200)
        }
        for (const free of held) free()
        expect(budget.usedBytes()).toBe(0)
      }),
    )
  })

  it('is a share of the memory there is', () => {
    expect(budgetOfMemory(8_000)).toBe(1_000)
    expect(budgetOfMemory(0)).toBeGreaterThan(1_000_000)
    expect(budgetOfMemory(Number.MAX_SAFE_INTEGER)).toBe(budgetOfMemory(0))
  })

  it('counts what was announced, and else all that may come', () => {
    expect(announcedBytes({ 'content-length': '10' }, 100)).toBe(10)
    expect(announcedBytes({ 'content-length': '1000' }, 100)).toBe(100)
    expect(announcedBytes({}, 100)).toBe(100)
  })
})

describe('many slow uploads', () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).toReversed()) await end()
  })

  const ANNOUNCED = 100_000
  const COUNT = 10
  const start = async () => {
    const api = await startApi(undefined, { maxBodiesBytes: COUNT * ANNOUNCED })
    await api.app.listen({ host: '127.0.0.1', port: 0 })
    ends.push(() => api.app.close())
    const { port } = api.app.server.address() as AddressInfo
    const slow = async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      socket.on('error', () => {})
      ends.push(() => socket.destroy())
      const head = `POST /v1/liveness HTTP/1.1\r\nhost: x\r\nauthorization: ${api.auth.authorization}\r\n`
      socket.write(`${head}content-type: application/json\r\ncontent-length: ${ANNOUNCED}\r\n\r\n{`)
      return socket
    }
    /** One more than there is memory for: one is answered, the others go on. @returns its answer, and the end of the others */
    const fill = async () => {
      const sockets = await Promise.all(Array.from({ length: COUNT + 1 }, slow))
      const answers = sockets.map((socket) => once(socket, 'data').then(([data]) => String(data)))
      const answer = await Promise.race(answers)
      return { answer, end: () => sockets.map((socket) => socket.destroy()) }
    }
    const post = (prefer = 'wait=0') =>
      api.app.inject({
        method: 'POST',
        url: '/v1/liveness',
        headers: { ...api.auth, prefer },
        payload: { image: { base64: PERSON.toString('base64') } },
      })
    return { ...api, fill, post }
  }

  it('hold no more memory than there is for all of them; others are sent away for a moment, then taken', async () => {
    const { fill, post } = await start()
    const { answer, end } = await fill()
    expect(answer).toMatch(/^HTTP\/1\.1 429 /)
    expect(answer).toContain('retry-after: 1\r\n')
    expect((await post()).json()).toMatchObject({ status: 429, code: 'OVERLOADED', retryable: true })
    end()
    await eventually(async () => expect((await post()).statusCode).toBe(202))
  })

  it('count with the uploads that pass through the api', async () => {
    const { fill, app, auth, deps } = await start()
    const payload = { contentType: 'image/jpeg' }
    const signed = await app.inject({ method: 'POST', url: '/v1/uploads', headers: auth, payload })
    const { url, headers } = signed.json() as { url: string; headers: Record<string, string> }
    const { pathname, search } = new URL(url)
    const put = () => app.inject({ method: 'PUT', url: `${pathname}${search}`, headers, payload: PERSON })
    const { end } = await fill()
    expect((await put()).json()).toMatchObject({ status: 429, code: 'OVERLOADED' })
    expect(deps.blobs.keys()).toEqual([])
    end()
    await eventually(async () => expect((await put()).statusCode).toBe(204))
  })

  it('leave room when their requests wait for an outcome', async () => {
    const { post, deps, work } = await start()
    const waiting = []
    for (let count = 1; count <= 2 * COUNT; count += 1) {
      waiting.push(post('wait=30'))
      await vi.waitFor(() => expect(deps.completions.waiterCount()).toBe(count), { timeout: 10_000 })
    }
    await work()
    for (const answer of await Promise.all(waiting)) expect(answer.statusCode).toBe(200)
  })
})
