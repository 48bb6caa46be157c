import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { v7 as uuidv7 } from 'uuid'
import { openPool } from '../../infra/postgres/pool.ts'
import { createTenantStore } from '../../infra/postgres/tenant-store.ts'
import { createKey } from '../../scripts/keys.ts'
import { createGuest, type Guest } from './guest.ts'
import { parkLetter, sendToWorkers } from './letters.ts'
import type { ChaosStack } from './stack.ts'

/** Apart from the callers, whose every outcome is judged. */
const TENANT = 'visitors'
/** May have one job at a time: while that is open, only what it has said before is let in. */
const MODEST = 'modest'
const PAUSE_MS = 2_000
/** More than the workers of a campaign have slots for, so that some wait for their turn. */
const BURST_COUNT = 40
/** Not every round: workers that die all the time do not keep up with more. */
const ROUNDS_A_BURST = 4
/** Old enough for the sweep to ask whether anybody accounts for it, and too old whoever does. */
const OLD_MS = [7_200_000, 180_000_000]

/** Those who use everything that the callers do not, until told to stop. */
export interface Visitors {
  stop(): Promise<void>
}

type Visit = (round: number) => Promise<unknown>

const jobVisits = (guest: Guest, stack: ChaosStack, receiver: string): readonly Visit[] => [
  async function takeBack(round) {
    const count = round % ROUNDS_A_BURST === 0 ? BURST_COUNT : 3
    const ids = await Promise.all(Array.from({ length: count }, () => guest.check()))
    // Some wait, some run, some are over.
    for (const id of ids.slice(0, 6)) if (id !== undefined) await guest.ask('POST', `/v1/jobs/${id}/cancel`)
  },
  async function eraseJob() {
    const id = await guest.check({ webhookUrl: receiver })
    if (id === undefined) return
    const { location } = await guest.ask('DELETE', `/v1/jobs/${id}`)
    if (location !== null) await guest.ask('GET', location)
    // What was given up of a job goes with it; looked at by whoever erases next.
    await parkLetter(stack, id, TENANT)
    await guest.ask('DELETE', `/v1/jobs/${await guest.check({}, 'wait=3')}`)
  },
  async function erasePerson(round) {
    await guest.check({ subject: `person-${round}` })
    await guest.ask('DELETE', `/v1/subjects/person-${round}`)
  },
  async function keepNothing() {
    const id = await guest.check({ store: false }, 'wait=3')
    if (id !== undefined) await guest.ask('GET', `/v1/jobs/${id}`, undefined, { prefer: 'wait=3' })
  },
  async function uploadFirst() {
    const uploadId = await guest.upload()
    if (uploadId === undefined) return
    const said = { 'idempotency-key': uploadId }
    await guest.check({ image: { uploadId } }, 'wait=3', said)
    // Said twice when the upload is gone.
    await guest.check({ image: { uploadId } }, 'wait=3', said)
  },
  async function mislead() {
    // A job nobody has, and one that somebody may just be running.
    await sendToWorkers(stack, { id: uuidv7(), tenant: TENANT })
    const id = await guest.check()
    if (id !== undefined) for (let copy = 0; copy < 4; copy += 1) await sendToWorkers(stack, { id, tenant: TENANT })
  },
  async function forgetPicture() {
    for (const ageMs of OLD_MS) stack.storage.plant(`pictures/${uuidv7({ msecs: Date.now() - ageMs })}/image`, ageMs)
  },
]

const webhookVisits = (guest: Guest, endpointId: string): readonly Visit[] => [
  async function lookAround() {
    await guest.ask('GET', '/v1/audit')
    const { body } = await guest.ask('GET', '/v1/webhooks/deliveries')
    const deliveries = (body.deliveries ?? []) as readonly { readonly id: string }[]
    if (!deliveries[0]) return
    await guest.ask('GET', `/v1/webhooks/deliveries/${deliveries[0].id}`)
    await guest.ask('POST', `/v1/webhooks/deliveries/${deliveries[0].id}/replay`)
  },
  async function repeatCalls() {
    await guest.ask('POST', `/v1/webhooks/${endpointId}/test`)
    await guest.ask('POST', `/v1/webhooks/${endpointId}/replay`, { since: new Date(Date.now() - 60_000).toISOString() })
  },
]

/** Says the same twice, of which the second would be too much if it were not the same. */
const createModest = async (stack: ChaosStack): Promise<Visit> => {
  const url = stack.servers.directUrl('postgres')
  const pool = openPool({ url, maxCount: 1, maxTenantCount: 1 })
  await createTenantStore(pool).set(MODEST, { maxInFlightCount: 1 })
  await pool.end()
  const guest = await createGuest(stack.apiUrls, await createKey(url, { tenant: MODEST, name: 'modest' }))
  return async function repeat() {
    const said = { 'idempotency-key': uuidv7() }
    for (let time = 0; time < 3; time += 1) await guest.check({}, 'respond-async', said)
  }
}

const listen = async (port: number): Promise<Server> => {
  const server = createServer((request, response) => {
    request.resume()
    response.writeHead(204).end()
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}

/** Resolves when they have begun. Whatever fails for them they leave: what becomes of their jobs the rows tell. */
export const startVisitors = async (stack: ChaosStack): Promise<Visitors> => {
  const key = await createKey(stack.servers.directUrl('postgres'), { tenant: TENANT, name: 'visitors', role: 'admin' })
  const guest = await createGuest(stack.apiUrls, key)
  const receiver = await listen(stack.receiverPort)
  const url = `http://127.0.0.1:${stack.receiverPort}/`
  const { body } = await guest.ask('POST', '/v1/webhooks', { url })
  const ended = new AbortController()

  const come = async (visit: Visit): Promise<void> => {
    for (let round = 0; !ended.signal.aborted; round += 1) {
      await visit(round).catch(() => {})
      await pause(PAUSE_MS, undefined, { signal: ended.signal }).catch(() => {})
    }
  }
  const visits = [...jobVisits(guest, stack, url), ...webhookVisits(guest, String(body.id)), await createModest(stack)]
  const coming = Promise.all(visits.map(come))
  return {
    async stop() {
      ended.abort()
      await coming
      receiver.closeAllConnections()
      receiver.close()
    },
  }
}
