import { lookup } from 'node:dns/promises'
import { type ReadAbout, readAbout, UNKNOWN } from '../node/about.ts'

/** A worker that does not say in this time that it is ready is not. */
const ASK_MS = 2_000

/** What came of asking one worker. */
export interface Asked {
  readonly address: string
  /** `late`: it runs and says nothing; `gone`: nothing listens there */
  readonly kind: 'ready' | 'not-ready' | 'late' | 'gone'
  readonly about: ReadAbout
}

/** Ask all workers there are how they are. Never longer than a few seconds. @throws never */
export type AskWorkers = () => Promise<readonly Asked[]>

const addressesOf = async (host: string): Promise<readonly string[]> =>
  (await lookup(host, { all: true, family: 4 }).catch(() => [])).map((one) => one.address)

const get = (url: string): Promise<Response> => fetch(url, { signal: AbortSignal.timeout(ASK_MS) })

const isReady = async (url: string): Promise<Asked['kind']> => {
  try {
    const answer = await get(`${url}/readyz`)
    await answer.body?.cancel()
    return answer.ok ? 'ready' : 'not-ready'
  } catch (error) {
    return (error as { name?: unknown }).name === 'TimeoutError' ? 'late' : 'gone'
  }
}

const aboutOf = async (url: string): Promise<ReadAbout> => {
  try {
    const answer = await get(`${url}/about`)
    if (answer.ok) return readAbout(await answer.json())
    await answer.body?.cancel()
  } catch {
    // it has not said
  }
  return UNKNOWN
}

/**
 * Asks every address of some hosts: the name of a scaled service has all of its containers' in Docker's DNS, of those that run.
 * @param port the same of every worker
 */
export const createAskWorkers =
  (hosts: readonly string[], port: number): AskWorkers =>
  async () => {
    const addresses = (await Promise.all(hosts.map(addressesOf))).flat()
    return Promise.all(
      addresses.map(async (address) => {
        const url = `http://${address}:${port}`
        const [kind, about] = await Promise.all([isReady(url), aboutOf(url)])
        return { address, kind, about }
      }),
    )
  }
