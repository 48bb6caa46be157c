import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import type { Called } from '../../../../infra/ports/webhook-sender.ts'
import { parseAllowList } from '../../../../infra/webhooks/allow-list.ts'
import type { Resolve } from '../../../../infra/webhooks/resolve.ts'
import { createWebhookSender } from '../../../../infra/webhooks/sender.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

const BODY = '{"type":"check.succeeded"}'
const call = (url: string) => ({ url, headers: { 'content-type': 'application/json' }, body: BODY })
const never: Resolve = async () => {
  throw new Error('no name may be looked up here')
}
/** A name server that says one thing first and another later. */
const answers = (...rounds: readonly (readonly string[])[]): Resolve & { asked: number } => {
  const resolve = Object.assign(async () => rounds[Math.min(resolve.asked++, rounds.length - 1)] ?? [], { asked: 0 })
  return resolve
}

const aSender = (allow = '', resolve: Resolve = never, timeoutMs = 5_000, ports = ['443', '8443']) =>
  createWebhookSender({ allow: parseAllowList(allow), ports, timeoutMs }, resolve)

const listen = async (handle: RequestListener) => {
  const seen: {
    method: string | undefined
    headers: NodeJS.Dict<string | string[]>
    body: string
    url: string | undefined
  }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, headers, url } = request
      seen.push({ method, headers, url, body: Buffer.concat(chunks).toString() })
      handle(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  ends.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { port, origin: `http://127.0.0.1:${port}`, allow: `http://127.0.0.1:${port}`, seen }
}

const failure = (called: Called): string => (called.kind === 'failed' ? called.failure : `answered ${called.status}`)

describe('addresses that lie inside', () => {
  it.each([
    'https://0x7f000001/',
    'https://2130706433/',
    'https://127.1/',
    'https://0177.0.0.1/',
    'https://127.0.0.1/',
    'https://127.0.0.1./',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[0:0:0:0:0:ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
    'https://100.64.0.1:8443/',
    'https://①②⑦.⓪.⓪.①/',
    'https://%31%32%37.0.0.1/',
    'https://0/',
  ])('refuses %s before anything is sent', async (url) => {
    expect(aSender().refusal(url)).toBe('ADDRESS_REFUSED')
    expect(failure(await aSender().call(call(url)))).toBe('ADDRESS_REFUSED')
  })

  it.each([
    ['a name that leads to loopback', ['127.0.0.1']],
    ['a name that leads inside by way of another name', ['10.1.2.3']],
    ['a name with one public and one private answer', ['93.184.215.14', '127.0.0.1']],
    ['a name with a public A and a private AAAA answer', ['93.184.215.14', 'fd00::1']],
    ['a name with a disguised answer', ['::ffff:192.168.0.1']],
    ['a name that leads to the metadata service', ['169.254.169.254']],
    ['an answer with a zone', ['fe80::1%lo']],
    ['an answer that is no address', ['not an address']],
  ])('refuses %s', async (_what, addresses) => {
    expect(failure(await aSender('', answers(addresses)).call(call('https://hooks.example/')))).toBe('ADDRESS_REFUSED')
  })

  it('asks for a name once a call, so that a second answer cannot lead elsewhere', async () => {
    const { port, seen } = await listen((_request, response) => response.end())
    const resolve = answers(['192.0.2.1'], ['127.0.0.1'])
    const sender = aSender('192.0.2.0/24', resolve, 300, [String(port)])
    expect(failure(await sender.call(call(`https://rebind.example:${port}/`)))).toMatch(/TIMEOUT|NOT_CONNECTED/)
    expect(resolve.asked).toBe(1)
    expect(failure(await sender.call(call(`https://rebind.example:${port}/`)))).toBe('ADDRESS_REFUSED')
    expect(resolve.asked).toBe(2)
    expect(seen).toEqual([])
  })

  it('does not reach its own process', async () => {
    const { port, seen } = await listen((_request, response) => response.end())
    const sender = aSender('', answers(['127.0.0.1']), 1_000, [String(port)])
    for (const host of ['127.0.0.1', 'localhost', 'self.example', '[::ffff:127.0.0.1]'])
      expect(failure(await sender.call(call(`https://${host}:${port}/`)))).toBe('ADDRESS_REFUSED')
    expect(seen).toEqual([])
  })
})

describe('other refusals', () => {
  it.each([
    ['https://user:pass@hooks.example/', 'USERINFO_REFUSED'],
    ['https://user@hooks.example/', 'USERINFO_REFUSED'],
    ['https://hooks.example@127.0.0.1/', 'USERINFO_REFUSED'],
    ['http://hooks.example/', 'SCHEME_REFUSED'],
    ['https://hooks.example:22/', 'PORT_REFUSED'],
    ['https://hooks.example:6379/', 'PORT_REFUSED'],
    ['ftp://hooks.example/', 'MALFORMED'],
    ['file:///etc/passwd', 'MALFORMED'],
    ['gopher://hooks.example/', 'MALFORMED'],
    ['https://', 'MALFORMED'],
    ['not a url', 'MALFORMED'],
  ])('refuses %s as %s', async (url, reason) => {
    expect(aSender().refusal(url)).toBe(reason)
    expect(failure(await aSender().call(call(url)))).toBe(reason)
  })

  it.each(['https://hooks.example/', 'https://hooks.example:8443/a?b=c', 'https://8.8.8.8/'])(
    'has nothing against %s',
    (url) => expect(aSender().refusal(url)).toBeUndefined(),
  )

  it('refuses a port again once it is known that no block vouches for the address', async () => {
    const sender = aSender('10.0.0.0/8', answers(['93.184.215.14']))
    expect(sender.refusal('https://hooks.example:9000/')).toBeUndefined()
    expect(failure(await sender.call(call('https://hooks.example:9000/')))).toBe('PORT_REFUSED')
  })
})

describe('calls', () => {
  it('delivers the very bytes, with the headers it was given, and reads the status', async () => {
    const { allow, origin, seen } = await listen((_request, response) => response.writeHead(204).end())
    expect(await aSender(allow).call(call(`${origin}/hook?a=1`))).toMatchObject({ kind: 'answered', status: 204 })
    expect(seen).toMatchObject([{ method: 'POST', url: '/hook?a=1', body: BODY }])
    expect(seen[0]?.headers).toMatchObject({ 'content-type': 'application/json', 'accept-encoding': 'identity' })
    expect(seen[0]?.headers.host).toBe(new URL(origin).host)
  })

  it('goes to the next address when nobody listens at the first', async () => {
    const { port, seen } = await listen((_request, response) => response.end())
    const sender = aSender('http://127.0.0.0/8', answers(['127.0.0.2', '127.0.0.1']))
    expect(await sender.call(call(`http://two.example:${port}/`))).toMatchObject({ kind: 'answered', status: 200 })
    expect(seen).toHaveLength(1)
    expect(seen[0]?.headers.host).toBe(`two.example:${port}`)
  })

  it('does not follow a redirect', async () => {
    const { allow, origin, seen } = await listen((_request, response) =>
      response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
    )
    expect(await aSender(allow).call(call(origin))).toMatchObject({ kind: 'answered', status: 302 })
    expect(seen).toHaveLength(1)
  })

  it('uses no proxy of the environment', async () => {
    const proxy = await listen((_request, response) => response.end())
    const { allow, origin, seen } = await listen((_request, response) => response.end())
    const before = { ...process.env }
    ends.push(() => {
      process.env = before
    })
    Object.assign(process.env, { NODE_USE_ENV_PROXY: '1', HTTP_PROXY: proxy.origin, http_proxy: proxy.origin })
    await aSender(allow).call(call(origin))
    expect([seen.length, proxy.seen.length]).toEqual([1, 0])
  })

  it('passes on what the receiver says about when to come back', async () => {
    const { allow, origin } = await listen((_request, response) =>
      response.writeHead(429, { 'retry-after': '7' }).end('slow down'),
    )
    const called = await aSender(allow).call(call(origin))
    expect(called).toEqual({ kind: 'answered', status: 429, retryAfter: '7', body: 'slow down' })
  })

  it('says when nobody listens', async () => {
    const { allow, origin } = await listen((_request, response) => response.end())
    await ends.pop()?.()
    expect(failure(await aSender(allow).call(call(origin)))).toBe('NOT_CONNECTED')
  })

  it('says when a name leads nowhere', async () => {
    expect(failure(await aSender().call(call('https://hooks.example/')))).toBe('NAME_NOT_RESOLVED')
    expect(failure(await aSender('', answers([])).call(call('https://hooks.example/')))).toBe('NAME_NOT_RESOLVED')
  })

  it('does not take an answer without TLS for one with', async () => {
    const { port } = await listen((_request, response) => response.end())
    expect(failure(await aSender('127.0.0.1').call(call(`https://127.0.0.1:${port}/`)))).toBe('TLS_FAILED')
  })
})

describe('hostile receivers', () => {
  const rawServer = async (greet: (socket: Socket) => void) => {
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => {}).resume()
      greet(socket)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    ends.push(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const { port } = server.address() as AddressInfo
    return { origin: `http://127.0.0.1:${port}`, allow: `http://127.0.0.1:${port}`, sockets }
  }

  it('gives up on one that never answers', async () => {
    const { origin, allow } = await rawServer(() => {})
    expect(failure(await aSender(allow, never, 100).call(call(origin)))).toBe('TIMEOUT')
  })

  it('gives up on a name server that never answers', async () => {
    expect(failure(await aSender('', () => new Promise(() => {}), 50).call(call('https://hooks.example/')))).toBe(
      'TIMEOUT',
    )
  })

  it('gives up on one that answers a byte at a time', async () => {
    const { origin, allow } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      const timer = setInterval(() => socket.write('x-a: b\r\n'), 10)
      socket.on('close', () => clearInterval(timer))
    })
    expect(failure(await aSender(allow, never, 200).call(call(origin)))).toBe('TIMEOUT')
  })

  it('takes the status of one whose body never ends, and hangs up', async () => {
    const { origin, allow, sockets } = await rawServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n')
    })
    expect(await aSender(allow).call(call(origin))).toMatchObject({ kind: 'answered', status: 200, body: '' })
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true)
  })

  it('reads 256 bytes of an endless answer and no more', async () => {
    let sentBytes = 0
    const { origin, allow, sockets } = await rawServer((socket) => {
      socket.write('HTTP/1.1 500 No\r\ncontent-length: 1000000000\r\n\r\n')
      const chunk = Buffer.alloc(65_536, 'x')
      const pump = () => {
        while (!socket.destroyed && sentBytes < 1_000_000_000) {
          sentBytes += chunk.length
          if (!socket.write(chunk)) return
        }
      }
      socket.on('drain', pump)
      pump()
    })
    const called = await aSender(allow).call(call(origin))
    expect(called).toMatchObject({ kind: 'answered', status: 500, body: 'x'.repeat(256) })
    await expect.poll(() => sockets.every(({ destroyed }) => destroyed)).toBe(true)
    expect(sentBytes).toBeLessThan(100_000_000)
  })

  it('does not unpack what was packed', async () => {
    const bomb = gzipSync(Buffer.alloc(10_000_000))
    const { origin, allow } = await listen((_request, response) =>
      response.writeHead(500, { 'content-encoding': 'gzip' }).end(bomb),
    )
    const called = await aSender(allow).call(call(origin))
    expect(called.kind === 'answered' && called.body.length).toBeLessThanOrEqual(256)
    expect(called.kind === 'answered' && called.body.charCodeAt(0)).toBe(bomb[0])
  })

  it('refuses headers without end', async () => {
    const { origin, allow } = await rawServer((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(100_000)}\r\n\r\n`)
    })
    expect(failure(await aSender(allow).call(call(origin)))).toBe('CONNECTION_LOST')
  })

  it('is not drawn into another protocol', async () => {
    const { origin, allow } = await rawServer((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n')
    })
    expect(failure(await aSender(allow, never, 1_000).call(call(origin)))).toBe('CONNECTION_LOST')
  })

  it('says when the connection broke off', async () => {
    const { origin, allow } = await rawServer((socket) => socket.destroy())
    expect(failure(await aSender(allow).call(call(origin)))).toBe('CONNECTION_LOST')
  })
})
