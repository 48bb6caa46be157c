import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { Muster } from '../../api/client/client.ts'
import { until } from '../../infra/local/process.ts'
import { ROOT } from '../../scripts/stack/folder.ts'
import { Balancer } from './release-balancer.ts'
import { type Kind, type Part, ReleaseStack } from './release-stack.ts'

const CALL_MS = 100
/** A machine that does other things too starts processes slowly. */
const SLOW_MS = 300_000
const PATIENCE_MS = 60_000
/** What the fleet has: two of each that callers wait for, so that one can go while the other serves. */
const COUNTS = { node: 2, api: 2, autoscaler: 1 } as const
const WORKER_COUNT = COUNTS.node
const PROCESS_COUNT = COUNTS.node + COUNTS.api + COUNTS.autoscaler
/** The api's shutdown delay is the default: longer than a balancer takes to notice, also on a machine that has other work. */
const ENV = { API_SHUTDOWN_DELAY_MS: '5000', WORKER_LEASE_MS: '5000', WORKER_JOB_TIMEOUT_MS: '4000' }

let stack: ReleaseStack
let balancer: Balancer
let muster: Muster
const fleet: { readonly [kind in Exclude<Kind, 'worker'>]: Part[] } = { node: [], api: [], autoscaler: [] }
const KINDS = Object.keys(fleet) as (keyof typeof fleet)[]

/** Callers one after the other, at a steady rate. Nothing they send is sent twice. */
class Callers {
  sentCount = 0
  answeredCount = 0
  readonly failures: unknown[] = []
  readonly #underWay = new Set<Promise<void>>()
  readonly #timer: NodeJS.Timeout

  constructor(picture: Buffer) {
    this.#timer = setInterval(() => {
      this.sentCount += 1
      const call = this.#call(picture).finally(() => this.#underWay.delete(call))
      this.#underWay.add(call)
    }, CALL_MS)
  }

  /** Resolves when so many more have their answer. */
  async more(count: number): Promise<void> {
    const wanted = this.answeredCount + count
    const come = await until(() => this.answeredCount >= wanted || this.failures.length > 0, PATIENCE_MS)
    if (!come) throw new Error('nobody is answered any more')
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#underWay)
  }

  async #call(image: Buffer): Promise<void> {
    try {
      const { live } = await muster.liveness({ image })
      if (!live) throw new Error('another answer than the model gives')
      this.answeredCount += 1
    } catch (error) {
      this.failures.push(error)
    }
  }
}

const start = async (kind: keyof typeof fleet): Promise<Part> => {
  const part = await stack.start(ROOT, kind, ENV)
  if (kind === 'api') await balancer.add(part.url)
  return part
}

/** Every process there is, the workers under their nodes included. */
const pids = async (): Promise<readonly number[]> => {
  const workers = await Promise.all(
    fleet.node.map(async ({ url }) => {
      const seen = (await (await fetch(`${url}/workers`)).json()) as { workers: readonly { pid: number }[] }
      return seen.workers.map(({ pid }) => pid)
    }),
  )
  return [...KINDS.flatMap((kind) => fleet[kind].map(({ pid }) => pid)), ...workers.flat()]
}

beforeAll(async () => {
  stack = await ReleaseStack.open()
  await stack.muster(ROOT, 'migrate')
  const key = await stack.muster(ROOT, 'keys', 'create', '--tenant', 'releases', '--name', 'releases')
  balancer = new Balancer()
  await balancer.start()
  const parts = KINDS.flatMap((kind) =>
    Array.from({ length: COUNTS[kind] }, async () => fleet[kind].push(await start(kind))),
  )
  await Promise.all(parts)
  muster = new Muster({ baseUrl: balancer.url, apiKey: key, maxRetries: 0 })
}, SLOW_MS)
afterAll(async () => {
  await balancer.stop()
  await stack.close()
})

it(
  'a rolling restart of every process under load fails no request',
  async () => {
    const picture = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer()
    const before = await pids()
    expect(new Set(before).size).toBe(PROCESS_COUNT + WORKER_COUNT)
    const callers = new Callers(picture)
    await callers.more(10)
    const ends: boolean[] = []
    for (const index of [0, 1]) {
      // One of each kind goes, as an orchestrator ends it, and only then its successor comes.
      await Promise.all(
        KINDS.map(async (kind) => {
          const gone = fleet[kind][index]
          if (!gone) return
          ends.push(await gone.end())
          if (kind === 'api') balancer.remove(gone.url)
          fleet[kind][index] = await start(kind)
        }),
      )
      await callers.more(10)
    }
    await callers.stop()
    const after = await pids()
    expect(balancer.troubles).toEqual([])
    expect(callers.failures).toEqual([])
    expect(callers.answeredCount).toBe(callers.sentCount)
    expect(ends).toEqual(Array(PROCESS_COUNT).fill(true))
    expect(after).toHaveLength(PROCESS_COUNT + WORKER_COUNT)
    expect(after.filter((pid) => before.includes(pid))).toEqual([])
  },
  SLOW_MS,
)
