import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { parseAllowList } from '../../../../infra/webhooks/allow-list.ts'
import { createResolve } from '../../../../infra/webhooks/resolve.ts'
import { createWebhookSender } from '../../../../infra/webhooks/sender.ts'

const [A, CNAME, AAAA] = [1, 5, 28]
const ends: (() => unknown)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

type Records = readonly { readonly type: number; readonly data: Buffer }[]
const a = (address: string) => ({ type: A, data: Buffer.from(address.split('.').map(Number)) })
const aaaa = (hex: string) => ({ type: AAAA, data: Buffer.from(hex.padEnd(32, '0'), 'hex') })
const nameOf = (name: string) =>
  Buffer.concat([...name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)])), Buffer.of(0)])

/** A name server that answers each question as the test says. @returns its address and what it was asked */
const startNameServer = async (answer: (type: number, round: number) => Records | 'silence') => {
  const socket = createSocket('udp4')
  const asked: number[] = []
  socket.on('message', (question, from) => {
    const end = question.indexOf(0, 12) + 5
    const type = question.readUInt16BE(end - 4)
    asked.push(type)
    const records = answer(type, asked.filter((one) => one === type).length)
    if (records === 'silence') return
    const head = Buffer.from([question[0] ?? 0, question[1] ?? 0, 0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0])
    const body = records.map(({ type: kind, data }, index) => {
      // After an alias the records are those of the name it leads to.
      const owner = index > 0 && records[0]?.type === CNAME ? records[0].data : Buffer.from([0xc0, 12])
      const fixed = Buffer.alloc(10)
      fixed.writeUInt16BE(kind, 0)
      fixed.writeUInt16BE(1, 2)
      fixed.writeUInt16BE(data.length, 8)
      return Buffer.concat([owner, fixed, data])
    })
    socket.send(Buffer.concat([head, question.subarray(12, end), ...body]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  ends.push(() => socket.close())
  return { server: `127.0.0.1:${socket.address().port}`, asked }
}

const only = (wanted: number, records: Records) => (type: number) => (type === wanted ? records : [])

describe('a name', () => {
  it('has the addresses of both families', async () => {
    const { server } = await startNameServer((type) => (type === A ? [a('8.8.8.8'), a('1.1.1.1')] : [aaaa('26064700')]))
    expect(await createResolve([], [server])('hooks.example')).toEqual(['8.8.8.8', '1.1.1.1', '2606:4700::'])
  })

  it('may have those of one family only', async () => {
    const { server } = await startNameServer(only(AAAA, [aaaa('26064700')]))
    expect(await createResolve([], [server])('hooks.example')).toEqual(['2606:4700::'])
  })

  it('without addresses is an error', async () => {
    const { server } = await startNameServer(() => [])
    await expect(createResolve([], [server])('hooks.example')).rejects.toThrow()
  })

  it('that the operator vouches for is looked up by the machine, its hosts file included', async () => {
    const { server, asked } = await startNameServer(() => [])
    const found = await createResolve(parseAllowList('localhost'), [server])('localhost')
    expect(found.some((address) => address === '127.0.0.1' || address === '::1')).toBe(true)
    expect(asked).toEqual([])
  })
})

describe('a call to a name of a hostile name server', () => {
  const call = async (server: string, timeoutMs = 2_000, vouched = '') => {
    const allow = parseAllowList(vouched)
    const sender = createWebhookSender({ allow, ports: ['443'], timeoutMs }, createResolve([], [server]))
    const called = await sender.call({ url: 'https://hooks.example/', headers: {}, body: '' })
    return called.kind === 'failed' ? called.failure : called.status
  }

  it.each([
    ['leads to loopback', only(A, [a('127.0.0.1')])],
    ['leads inside by way of an alias', only(A, [{ type: CNAME, data: nameOf('db.corp.example') }, a('10.0.0.7')])],
    ['mixes a public with a private address', only(A, [a('8.8.8.8'), a('192.168.1.1')])],
    ['mixes a public A with a private AAAA', (type: number) => (type === A ? [a('8.8.8.8')] : [aaaa('fd00')])],
    ['leads to the metadata service', only(A, [a('169.254.169.254')])],
    ['disguises loopback', only(AAAA, [aaaa('00000000000000000000ffff7f000001')])],
  ])('is refused when it %s', async (_what, answer) => {
    const { server } = await startNameServer(answer)
    expect(await call(server)).toBe('ADDRESS_REFUSED')
  })

  it('asks once, so that a second answer has no say', async () => {
    const rebinding = (type: number, round: number) => (type === A ? [a(round === 1 ? '192.0.2.1' : '127.0.0.1')] : [])
    const { server, asked } = await startNameServer(rebinding)
    // Nobody is there: the block is for documentation.
    expect(['TIMEOUT', 'NOT_CONNECTED']).toContain(await call(server, 300, '192.0.2.0/24'))
    expect(asked.filter((type) => type === A)).toHaveLength(1)
    expect(await call(server, 2_000, '192.0.2.0/24')).toBe('ADDRESS_REFUSED')
  })

  it('does not wait longer than a call may take', async () => {
    const { server } = await startNameServer(() => 'silence')
    expect(await call(server, 100)).toBe('TIMEOUT')
  })
})
