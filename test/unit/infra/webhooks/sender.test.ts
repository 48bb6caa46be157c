import { gzipSync } from 'node:zlib'
import { describe, expect, it, onTestFinished } from 'vitest'
import { answers, aSender, BODY, call, failure, listen, never, rawServer } from '../../../fixtures/webhook-receivers.ts'

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
    onTestFinished(() => {
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
    const { allow, origin, close } = await listen((_request, response) => response.end())
    close()
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
