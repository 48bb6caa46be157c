import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { createAskWorkers } from '../../../../worker/gate/ask-workers.ts'
import { UNKNOWN } from '../../../../worker/node/about.ts'

const open: Server[] = []
afterEach(() => {
  for (const server of open.splice(0)) {
    server.close()
    server.closeAllConnections()
  }
})

/** Asks one worker that answers so. */
const asking = async (answer: RequestListener) => {
  const server = createServer(answer).listen(0, '127.0.0.1')
  open.push(server)
  await once(server, 'listening')
  return createAskWorkers(['127.0.0.1'], (server.address() as AddressInfo).port)
}

it('hears of a worker whether it is ready and what it has', async () => {
  const about = { inHand: 2, devices: ['cpu'], models: 'm@1' }
  const ask = await asking(({ url }, response) => response.end(url === '/about' ? JSON.stringify(about) : 'ok'))
  expect(await ask()).toEqual([{ address: '127.0.0.1', kind: 'ready', about }])
})

it.each([
  ['does not say what it has', 404, 'not found'],
  ['says something else', 200, 'not json'],
])('knows nothing more of a worker that %s', async (_what, status, body) => {
  const ask = await asking(({ url }, response) =>
    response.writeHead(url === '/about' ? status : 503).end(url === '/about' ? body : ''),
  )
  expect(await ask()).toEqual([{ address: '127.0.0.1', kind: 'not-ready', about: UNKNOWN }])
})

it('calls a worker late that is there and says nothing', async () => {
  const ask = await asking(() => {})
  expect(await ask()).toEqual([{ address: '127.0.0.1', kind: 'late', about: UNKNOWN }])
})

it('calls a worker gone where nothing listens', async () => {
  const ask = await asking(() => {})
  for (const server of open) {
    server.close()
    await once(server, 'close')
  }
  expect(await ask()).toEqual([{ address: '127.0.0.1', kind: 'gone', about: UNKNOWN }])
})

it('finds nobody under a name that nobody has', async () => {
  expect(await createAskWorkers(['nobody.invalid'], 1)()).toEqual([])
})
