import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { until } from '../../infra/local/process.ts'
import { FaultStack } from './fault-stack.ts'
import { type Seen, Traffic } from './fault-traffic.ts'

const PATIENCE_MS = 60_000
/** Jobs accepted before, and after, a fault. */
const SOME = 10

let stack: FaultStack
let traffic: Traffic
/** the outcome of every job of earlier faults */
const settled = new Map<string, Seen>()

beforeAll(async () => {
  stack = new FaultStack()
  await stack.start()
  traffic = new Traffic(stack.url, stack.key)
})
afterAll(() => stack.stop())
afterEach(() => traffic.stop())

/**
 * Let something happen under steady traffic, and account for every job that was accepted meanwhile.
 * @returns the account
 */
const under = async (fault: () => Promise<unknown>) => {
  const [from, refusedBefore, runsBefore] = [traffic.accepted.length, traffic.refused.length, stack.runs().length]
  traffic.start()
  await traffic.more(SOME)
  await fault()
  await traffic.more(SOME)
  await traffic.stop()
  const outcomes = await traffic.outcomes(from)
  const jobs = traffic.accepted.slice(from)
  const runs = Map.groupBy(stack.runs().slice(runsBefore), ({ size }) => size)
  const runCounts = jobs.map(({ size }) => runs.get(size)?.length ?? 0)
  const unexpected = jobs.map(({ id }) => outcomes.get(id)).filter((job) => job?.status !== 'succeeded')
  const account = {
    attempted: jobs.length + traffic.refused.length - refusedBefore,
    refused: traffic.refused.slice(refusedBefore),
    accepted: jobs.length,
    finished: outcomes.size,
    attempts: Math.max(...[...outcomes.values()].map(({ attempts }) => attempts)),
    runTwice: runCounts.filter((count) => count === 2).length,
    mostRuns: Math.max(...runCounts),
    fenced: await stack.metric('node', 'muster_finishes_fenced_total'),
    lost: jobs.length - outcomes.size,
    unexpected,
  }
  expect(account, `${JSON.stringify(account)}\n${stack.log().slice(-8_000)}`).toMatchObject({ lost: 0, unexpected: [] })
  await expectNoWaiters()
  for (const [id, outcome] of outcomes) settled.set(id, outcome)
  return account
}

const expectNoWaiters = async () =>
  expect(await until(async () => (await stack.metric('api', 'muster_waiting_callers')) === 0, PATIENCE_MS)).toBe(true)

const expectAllWorkers = async (but?: number) =>
  expect(
    await until(async () => {
      const pids = await stack.workerPids()
      return pids.length === 2 && !pids.includes(but ?? 0)
    }, PATIENCE_MS),
  ).toBe(true)

describe('every accepted job succeeds', () => {
  it('when a worker is killed in the middle of one: another runs it once more', async () => {
    const { mostRuns } = await under(async () => {
      const pid = await stack.midJob()
      process.kill(pid, 'SIGKILL')
      await expectAllWorkers(pid)
    })
    expect(mostRuns).toBe(2)
  })

  it('when a worker freezes past its lease and comes back: its outcome is dropped', async () => {
    const { mostRuns } = await under(async () => {
      const runCount = stack.runs().length
      const pid = await stack.midJob()
      process.kill(pid, 'SIGSTOP')
      const frozen = new Set(
        stack
          .runs()
          .slice(runCount)
          .flatMap((run) => (run.pid === pid ? [run.size] : [])),
      )
      const taken = () => stack.runs().some((run) => run.pid !== pid && frozen.has(run.size))
      const isTaken = await until(taken, PATIENCE_MS)
      process.kill(pid, 'SIGCONT')
      expect(isTaken).toBe(true)
    })
    expect(mostRuns).toBe(2)
  })

  it('when the broker is killed and comes back', async () => {
    const { mostRuns } = await under(async () => {
      await stack.midJob()
      await stack.crashServer('rabbitmq')
      await traffic.more(SOME)
      await stack.startServer('rabbitmq')
    })
    expect(mostRuns).toBeLessThanOrEqual(2)
  })

  it('when the broker drops every connection again and again', async () => {
    const { mostRuns } = await under(async () => {
      for (let drop = 0; drop < 3; drop += 1) await stack.dropConnections()
    })
    // One after the other: who is dropped last may still be handed what the first one held.
    expect(mostRuns).toBeLessThanOrEqual(2)
  })

  it('when the database crashes and comes back', async () => {
    const { mostRuns } = await under(async () => {
      await stack.midJob()
      await stack.crashServer('postgres')
      await stack.startServer('postgres')
    })
    expect(mostRuns).toBeLessThanOrEqual(2)
  })

  it('when the database takes no writes for a while: calls that write get 503, others are answered', async () => {
    const { refused } = await under(async () => {
      const before = traffic.refused.length
      await stack.setReadOnly(true)
      try {
        expect(await until(() => traffic.refused.slice(before).includes(503), PATIENCE_MS)).toBe(true)
        const headers = { authorization: `Bearer ${stack.key}` }
        expect((await fetch(`${stack.url}/v1/models`, { headers })).status).toBe(200)
      } finally {
        await stack.setReadOnly(false)
      }
    })
    expect(refused).toContain(503)
  })

  it('when the broker is killed and has lost its disk: nobody has to set it up again', async () => {
    const { mostRuns } = await under(async () => {
      await stack.midJob()
      await stack.crashServer('rabbitmq')
      await stack.loseBrokerDisk()
      await traffic.more(SOME)
      await stack.startServer('rabbitmq')
    })
    expect(mostRuns).toBeLessThanOrEqual(2)
  })

  it('when the node is stopped and another starts: none runs twice, none spends an attempt', async () => {
    const { mostRuns, attempts } = await under(async () => {
      await stack.midJob()
      expect(await stack.end('node', 'SIGTERM')).toEqual([0, null])
      await stack.startNode()
    })
    expect({ mostRuns, attempts }).toEqual({ mostRuns: 1, attempts: 1 })
  })

  it('when the api is killed and comes back', async () => {
    const { mostRuns } = await under(async () => {
      await stack.midJob()
      await stack.end('api', 'SIGKILL')
      await stack.startApi()
    })
    expect(mostRuns).toBe(1)
  })

  it('when the cache is killed and stays away', async () => {
    const { mostRuns } = await under(async () => {
      await stack.midJob()
      await stack.crashServer('redis')
    })
    expect(mostRuns).toBe(1)
  })

  it('and no outcome has changed since it was told', async () => {
    const again = await traffic.outcomes(0)
    expect(again.size).toBeGreaterThan(0)
    for (const [id, outcome] of settled) expect(again.get(id)).toEqual(outcome)
  })
})
