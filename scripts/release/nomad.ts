import Type, { type TSchema } from 'typebox'
import { createNomadApi, type NomadOptions, parseAnswer } from '../../infra/nomad/nomad-api.ts'

interface UpdateBlock {
  readonly MaxParallel?: number
  readonly Canary?: number
  readonly AutoRevert?: boolean
  readonly AutoPromote?: boolean
}
interface GroupSpec {
  readonly Name: string
  readonly Count: number
  readonly Update?: UpdateBlock | null
  readonly Services?: readonly { readonly Name: string }[] | null
}

/** A job as Nomad has it; what is not named here is passed on as it came. */
export interface JobSpec {
  readonly ID: string
  readonly Type?: string
  readonly Stop?: boolean
  readonly Version?: number
  readonly JobModifyIndex?: number
  readonly Update?: UpdateBlock | null
  readonly Meta?: Readonly<Record<string, string>> | null
  readonly TaskGroups: readonly GroupSpec[]
}

/** What Nomad would do, by group. */
export interface Forecast {
  readonly changes: boolean
  readonly groups: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** groups that find no place */
  readonly unplaced: readonly string[]
}

export interface Deployment {
  readonly id: string
  readonly status: string
  readonly why: string
  /** each group has its trial allocations, and they are healthy */
  readonly canariesHealthy: boolean
}

/** One placing of a group, as it is or was. */
export interface Allocation {
  /** of the job it belongs to */
  readonly version: number
  readonly wanted: boolean
  readonly status: string
}

const Job = Type.Object({
  ID: Type.String(),
  TaskGroups: Type.Array(Type.Object({ Name: Type.String(), Count: Type.Integer() })),
})
const Planned = Type.Object({
  Diff: Type.Optional(Type.Union([Type.Null(), Type.Object({ Type: Type.String() })])),
  Annotations: Type.Optional(
    Type.Union([
      Type.Null(),
      Type.Object({
        DesiredTGUpdates: Type.Union([
          Type.Null(),
          Type.Record(Type.String(), Type.Record(Type.String(), Type.Integer())),
        ]),
      }),
    ]),
  ),
  FailedTGAllocs: Type.Optional(Type.Union([Type.Null(), Type.Record(Type.String(), Type.Unknown())])),
})
const Registered = Type.Object({ JobModifyIndex: Type.Integer() })
const Deployments = Type.Array(
  Type.Object({
    ID: Type.String(),
    Status: Type.String(),
    StatusDescription: Type.String(),
    JobSpecModifyIndex: Type.Integer(),
    TaskGroups: Type.Record(
      Type.String(),
      Type.Object({ DesiredCanaries: Type.Integer(), HealthyAllocs: Type.Integer(), Promoted: Type.Boolean() }),
    ),
  }),
)
const Allocations = Type.Array(
  Type.Object({ ClientStatus: Type.String(), DesiredStatus: Type.String(), JobVersion: Type.Integer() }),
)
const Services = Type.Array(Type.Object({ Address: Type.String(), Port: Type.Integer() }))

/** A list that Nomad leaves out or answers `null` for when it is empty. */
const listOf = (schema: TSchema) => Type.Union([Type.Null(), schema])

const isHealthy = ({
  DesiredCanaries,
  HealthyAllocs,
  Promoted,
}: {
  DesiredCanaries: number
  HealthyAllocs: number
  Promoted: boolean
}) => Promoted || HealthyAllocs >= DesiredCanaries

/** The calls of Nomad's HTTP API that a release is made of. @throws UnavailableError, FleetDeniedError */
export const createReleaseNomad = (options: NomadOptions) => {
  const call = createNomadApi(options)
  const pathOf = (id: string): string => `/v1/job/${encodeURIComponent(id)}`

  return {
    /** A job file as Nomad reads it. Variables that a file does not ask for are passed over. */
    parse: async (hcl: string, variables: string): Promise<JobSpec> =>
      parseAnswer(Job, await call('POST', '/v1/jobs/parse', { JobHCL: hcl, Variables: variables, Canonicalize: true })),

    /** @returns undefined when there is no such job, or none that is to run */
    async job(id: string): Promise<JobSpec | undefined> {
      const answer = await call('GET', pathOf(id))
      if (answer.status === 404) return undefined
      const job: JobSpec = parseAnswer(Job, answer)
      return job.Stop === true ? undefined : job
    },

    async plan(job: JobSpec): Promise<Forecast> {
      const planned = parseAnswer(Planned, await call('POST', `${pathOf(job.ID)}/plan`, { Job: job, Diff: true }))
      return {
        changes: planned.Diff?.Type !== 'None',
        groups: planned.Annotations?.DesiredTGUpdates ?? {},
        unplaced: Object.keys(planned.FailedTGAllocs ?? {}),
      }
    },

    /** @returns the index its deployment has. Counts are those in the job: who asks has taken them from the one that runs */
    async register(job: JobSpec): Promise<number> {
      const answer = await call('POST', '/v1/jobs', { Job: job })
      return parseAnswer(Registered, answer).JobModifyIndex
    },

    /** The deployment of a job as it was registered; undefined when that made none. */
    async deployment(id: string, index: number): Promise<Deployment | undefined> {
      const found = parseAnswer(listOf(Deployments), await call('GET', `${pathOf(id)}/deployments`)) ?? []
      const one = (found as readonly Type.Static<typeof Deployments>[number][]).find(
        ({ JobSpecModifyIndex }) => JobSpecModifyIndex === index,
      )
      if (!one) return undefined
      const groups = Object.values(one.TaskGroups)
      return { id: one.ID, status: one.Status, why: one.StatusDescription, canariesHealthy: groups.every(isHealthy) }
    },

    async promote(deployment: string): Promise<void> {
      const path = `/v1/deployment/promote/${encodeURIComponent(deployment)}`
      parseAnswer(Type.Unknown(), await call('POST', path, { DeploymentID: deployment, All: true }))
    },

    async stop(id: string): Promise<void> {
      parseAnswer(Type.Unknown(), await call('DELETE', pathOf(id)))
    },

    /** What became of a job's allocations; none where Nomad knows no such job. */
    async allocations(id: string): Promise<readonly Allocation[]> {
      const answer = await call('GET', `${pathOf(id)}/allocations`)
      if (answer.status === 404) return []
      const found = (parseAnswer(listOf(Allocations), answer) ?? []) as Type.Static<typeof Allocations>
      return found.map(({ JobVersion, DesiredStatus, ClientStatus }) => ({
        ...{ version: JobVersion, wanted: DesiredStatus === 'run', status: ClientStatus },
      }))
    },

    /** Where a service of Nomad's own is found. */
    async addresses(service: string): Promise<readonly string[]> {
      const answer = await call('GET', `/v1/service/${encodeURIComponent(service)}`)
      if (answer.status === 404) return []
      const found = (parseAnswer(listOf(Services), answer) ?? []) as Type.Static<typeof Services>
      return found.map(({ Address, Port }) => `http://${Address.includes(':') ? `[${Address}]` : Address}:${Port}`)
    },
  }
}

export type ReleaseNomad = ReturnType<typeof createReleaseNomad>
