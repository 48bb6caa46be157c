/**
 * Speaks for several workers in containers of their own, on one port: `/readyz` is 200 while as many of them as there should be
 * are ready, or the fleet wishes that none works; `/wish` is that wish. Where it has a database it tells the fleet of them as one node.
 *   node worker/gate.ts <host>[,<host>...] <how many> <address:port>
 * A host stands for all its addresses, as the name of a scaled service does in Docker's DNS; the workers listen on the same port.
 */
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { hostname } from 'node:os'
import type { NodeStore } from '../infra/ports/node-store.ts'
import { createNodeStore } from '../infra/postgres/node-store.ts'
import { openPool } from '../infra/postgres/pool.ts'
import { systemClock } from '../infra/runtime/clock.ts'
import type { Lifecycle } from '../infra/runtime/lifecycle.ts'
import { loadOrExit } from '../infra/runtime/load-or-exit.ts'
import { createLogger } from '../infra/runtime/logger.ts'
import { createMetrics } from '../infra/runtime/metrics.ts'
import { repeat } from '../infra/runtime/repeat.ts'
import { runProcess } from '../infra/runtime/run-process.ts'
import { secretsOf } from '../infra/runtime/secrets.ts'
import { VERSION } from '../infra/runtime/version.ts'
import { createAskWorkers } from './gate/ask-workers.ts'
import { gateConfig } from './gate/config.ts'
import { createGate, type Gate } from './gate/gate.ts'
import { machineLoad } from './node/machine-load.ts'
import { startNodeNotes } from './node/node-notes.ts'
import { nodeName, toldNode } from './node/told-node.ts'

/** Compose gives it 5 s. */
const GRACE_MS = 3_000
/** How soon a change of a worker is seen. */
const LOOK_MS = 1_000

const [hosts = '', count = '1', address = '0.0.0.0:9480'] = process.argv.slice(2)
const host = address.slice(0, address.lastIndexOf(':'))
const port = Number(address.slice(address.lastIndexOf(':') + 1))
const config = loadOrExit(gateConfig, process.env, [])
const log = createLogger('gate', config.LOG_LEVEL)

/** Nobody is told without a database, nor of workers that are of no pool. One connection, made when it is needed. */
const openStore = (life: Lifecycle): NodeStore | undefined => {
  if (config.DATABASE_URL === undefined || config.WORKER_POOL === undefined) return undefined
  const secrets = secretsOf(process.env)({ log, metrics: createMetrics('gate').metrics })
  life.onStop('secrets', () => secrets.stop())
  const url = secrets.present('DATABASE_URL', config.DATABASE_URL)
  const database = openPool({ url, maxCount: 1, applicationName: 'muster gate' })
  life.onStop('postgres', () => database.end())
  return createNodeStore(database)
}

const listen = async (gate: Gate, life: Lifecycle): Promise<void> => {
  const server = createServer(async ({ url = '/' }, response) => {
    const { status, type, body } = await gate.answer(url)
    response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
  })
  const listening = Promise.withResolvers<void>()
  server.once('error', listening.reject)
  server.listen(port, host, () => listening.resolve())
  await listening.promise
  life.onStop('server', () => {
    server.close()
    server.closeAllConnections()
  })
}

/** Say how they are, and hear what people wish. */
const startNotes = (gate: Gate, store: NodeStore | undefined, onHeard: () => void) => {
  const pool = config.WORKER_POOL ?? ''
  const identity = {
    // The allocation's own: a gate that was killed leaves no second node behind.
    ...{
      id: config.GATE_ID ?? randomUUID(),
      name: nodeName(config.NODE_NAME ?? hostname()),
      pools: [pool],
      version: VERSION,
    },
    zone: config.NODE_ZONE ?? null,
  }
  const heard = store && {
    async tell(...told: Parameters<NodeStore['tell']>) {
      const answer = await store.tell(...told)
      // What it heard is passed on in this same turn, before anybody can ask for it.
      onHeard()
      return answer
    },
    left: (id: string) => store.left(id),
  }
  return startNodeNotes({
    store: heard,
    told: () => toldNode(identity, gate, { gpus: [], load: machineLoad() }),
    onDrain: (draining) => gate.drain(draining),
    ...{ clock: systemClock, log, everyMs: config.NODE_TELL_MS },
  })
}

await runProcess(log, GRACE_MS, async (life) => {
  const store = openStore(life)
  let knows = store === undefined
  const gate = createGate({
    ask: createAskWorkers(hosts.split(','), port),
    ...{ wanted: Number(count), pool: config.WORKER_POOL ?? '', clock: systemClock, knows: () => knows },
  })
  const looking = repeat('look at the workers', LOOK_MS, log, () => gate.look())
  life.onStop('looks', () => looking.stop())
  await listen(gate, life)
  const notes = startNotes(gate, store, () => {
    knows = true
  })
  life.onStop('node notes', () => notes.stop())
})
