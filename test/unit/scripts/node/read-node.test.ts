import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeInWords, readNode } from '../../../../scripts/node/read-node.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const aNode = async (body: string): Promise<string> => {
  const server = createServer((_request, response) => void response.end(body)).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const report = {
  pools: { ocr: { desired: 2, ready: 2 } },
  quarantined: [{ device: 'cuda', why: 'cudnn', since: '2026-11-21T10:00:00.000Z' }],
  choices: [{ pool: 'ocr', count: 2, why: 'on cpu, not measured' }],
}

describe('what a node says of itself', () => {
  it('is read and put in words', async () => {
    const read = await readNode(await aNode(JSON.stringify({ ...report, workers: [] })))
    expect(nodeInWords(read ?? { pools: {}, quarantined: [], choices: [] })).toEqual([
      'cuda is quarantined since 2026-11-21T10:00:00.000Z (cudnn): ./muster node release cuda',
      'ocr has 2 workers by choice: on cpu, not measured',
    ])
  })

  it('says that it is drained, as no worker shows it', () => {
    expect(nodeInWords({ state: 'drained', pools: {}, quarantined: [], choices: [] })).toEqual([
      'the node is drained: ./muster nodes says by whom and why',
    ])
    expect(nodeInWords({ state: 'ready', pools: {}, quarantined: [], choices: [] })).toEqual([])
  })

  it.each(['{}', 'not JSON', JSON.stringify({ pools: {}, workers: [] })])('is nothing when it is %s', async (body) => {
    expect(await readNode(await aNode(body))).toBeUndefined()
  })

  it('is nothing where no node answers', async () => {
    expect(await readNode('http://127.0.0.1:1')).toBeUndefined()
  })
})
