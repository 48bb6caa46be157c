import { type Counts, readCounts } from './health.ts'
import type { JobSpec, ReleaseNomad } from './nomad.ts'

const TIMEOUT_MS = 5_000

const textAt = async (url: string): Promise<string> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS), redirect: 'error' })
    return answer.ok ? await answer.text() : ''
  } catch {
    // One that just ends or comes tells nothing, which is no news of how callers fare.
    return ''
  }
}

const servicesOf = ({ TaskGroups }: JobSpec): readonly string[] =>
  TaskGroups.flatMap(({ Services }) => (Services ?? []).map(({ Name }) => Name))

/** Asks every process that Nomad's services name for its counts; those that are no listeners of metrics say nothing. */
export const createLook =
  (nomad: Pick<ReleaseNomad, 'addresses'>) =>
  async (jobs: readonly JobSpec[]): Promise<ReadonlyMap<string, Counts>> => {
    const services = [...new Set(jobs.flatMap(servicesOf))]
    const addresses = (await Promise.all(services.map((service) => nomad.addresses(service)))).flat()
    const looked = await Promise.all(
      [...new Set(addresses)].map(async (url) => [url, readCounts(await textAt(`${url}/metrics`))] as const),
    )
    return new Map(looked.filter(([, counts]) => counts.size > 0))
  }

/** The version of the api that answers; undefined when none does. @param job of the api */
export const runningVersion = async (
  nomad: Pick<ReleaseNomad, 'addresses'>,
  job: JobSpec | null,
): Promise<string | undefined> => {
  for (const service of job ? servicesOf(job) : []) {
    for (const url of await nomad.addresses(service)) {
      const [, version] = /"info":\{[^}]*?"version":"(\d+\.\d+\.\d+)"/.exec(await textAt(`${url}/openapi.json`)) ?? []
      if (version !== undefined) return version
    }
  }
  return undefined
}
