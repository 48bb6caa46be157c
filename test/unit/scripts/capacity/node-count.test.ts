import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createNodeCount, savingOrder } from '../../../../scripts/capacity/node-count.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

/** A node whose workers become ready one look after the other. */
const aNode = async ({ refuses, meddles }: { refuses?: number; meddles?: boolean } = {}) => {
  const state = { desired: 1, ready: 1, leaving: 0 }
  const seen: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    seen.push(`${request.method} ${request.url} ${request.headers.authorization ?? ''}`.trim())
    if (refuses !== undefined && request.method === 'PUT') return response.writeHead(refuses).end()
    if (request.url !== '/pools/ocr/count') return response.writeHead(404).end()
    if (request.method === 'PUT') state.desired = (JSON.parse(body) as { count: number }).count
    else state.ready += Math.sign(state.desired - state.ready)
    response.end(JSON.stringify(state))
    if (meddles && state.ready === 3) state.desired = 2
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, state, seen }
}

const quick = { lookMs: 1, readyMs: 2_000 }

describe('the count of a node', () => {
  it('is read, set, and waited for', async () => {
    const { url, state, seen } = await aNode()
    const node = createNodeCount(url, 'ocr', { ...quick, token: 'a token' })
    expect(await node.read()).toBe(1)
    await node.set(3)
    expect(state).toEqual({ desired: 3, ready: 3, leaving: 0 })
    await node.set(1)
    expect(state.ready).toBe(1)
    expect(seen[1]).toBe('PUT /pools/ocr/count Bearer a token')
  })

  it('that somebody else changes is noticed', async () => {
    const { url } = await aNode({ meddles: true })
    const node = createNodeCount(url, 'ocr', quick)
    await node.set(3)
    await expect(node.mustBe(3)).rejects.toThrow('somebody changed the count from 3 to 2')
  })

  it.each([
    [403, 'NODE_ADMIN_TOKEN'],
    [409, 'NODE_MAX_WORKERS'],
  ])('that is refused with %i says what to do', async (refuses, words) => {
    const { url } = await aNode({ refuses })
    await expect(createNodeCount(url, 'ocr', quick).set(2)).rejects.toThrow(words)
  })

  it('of a pool or a node that is not there says so', async () => {
    const { url } = await aNode()
    await expect(createNodeCount(url, 'liveness', quick).read()).rejects.toThrow('the node has no pool liveness')
    await expect(createNodeCount('http://127.0.0.1:1', 'ocr', quick).read()).rejects.toThrow('NODE_URL')
  })

  it('that is never reached is not waited for without end', async () => {
    const { url, state } = await aNode()
    state.leaving = 1
    await expect(createNodeCount(url, 'ocr', { lookMs: 1, readyMs: 30 }).set(1)).rejects.toThrow('did not become ready')
  })
})

describe('the order in which measurements are kept', () => {
  const all = [1, 2, 4].map((workersPerNode) => ({ workersPerNode, checksPerSecond: workersPerNode }))
  it.each([
    [1, [2, 4, 1]],
    [2, [1, 4, 2]],
    [3, [1, 2, 4]],
  ])('ends with what the node goes on with: %i', (before, order) => {
    expect(savingOrder(all, before).map(({ workersPerNode }) => workersPerNode)).toEqual(order)
  })
})
