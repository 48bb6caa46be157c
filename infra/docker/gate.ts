/**
 * Answers for several workers on one port: `/readyz` is 200 while as many of them as there should be are ready.
 *   node infra/docker/gate.ts <host>[,<host>...] <how many> <address:port>
 * A host stands for all its addresses, as the name of a scaled service does in Docker's DNS; the workers listen on the same port.
 */
import { lookup } from 'node:dns/promises'
import { createServer } from 'node:http'

/** A worker that does not say in this time that it is ready is not. */
const ASK_MS = 2_000

const [hosts = '', count = '1', address = '0.0.0.0:9480'] = process.argv.slice(2)
const port = address.slice(address.lastIndexOf(':') + 1)
const wanted = Number(count)

const addressesOf = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, family: 4 }).catch(() => [])).map((one) => one.address)

const isReady = async (worker: string): Promise<boolean> => {
  const signal = AbortSignal.timeout(ASK_MS)
  const answer = await fetch(`http://${worker}:${port}/readyz`, { signal }).catch(() => undefined)
  await answer?.body?.cancel()
  return answer?.ok ?? false
}

const look = async () => {
  const addresses = (await Promise.all(hosts.split(',').map(addressesOf))).flat()
  const workers = await Promise.all(addresses.map(async (worker) => ({ worker, ready: await isReady(worker) })))
  return { wanted, ready: workers.filter(({ ready }) => ready).length, workers }
}

const server = createServer(async ({ url }, response) => {
  const report = await look()
  const status = url === '/livez' || report.ready >= wanted ? 200 : 503
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(report))
})
server.listen(Number(port), address.slice(0, address.lastIndexOf(':')))
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.on(signal, () => {
    server.close(() => process.exit(0))
    server.closeAllConnections()
  })
