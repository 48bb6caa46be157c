import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { wholeBody } from './whole-body.ts'

interface Group {
  count: number
  placed: number
  running: number
  scaling?: { Min: number; Max: number; Enabled: boolean } | undefined
  meta?: Readonly<Record<string, string>>
  /** nodes that can be had for it: as many as that come at once; undefined = none comes or goes by itself */
  stock?: number
}

/** A scale request as the server kept it. */
export interface ScalingEvent {
  readonly group: string
  readonly count: number | null
  readonly message: string
  readonly meta: Readonly<Record<string, string>>
}

interface FakeJob {
  modifyIndex: number
  jobModifyIndex: number
  stopped: boolean
  deploying: boolean
  readonly groups: Map<string, Group>
  readonly events: ScalingEvent[]
}

/**
 * The part of Nomad's HTTP API that scaling needs, with the texts and statuses of its source: plain-text errors, the index
 * check as a 500, an active deployment as a 400. @source hashicorp/nomad 2.0, nomad/job_endpoint.go, command/agent
 */
export class NomadServer {
  readonly #server: Server
  readonly #jobs = new Map<string, FakeJob>()
  /** what the next requests are answered with instead, oldest first */
  readonly troubles: { readonly status: number; readonly text: string }[] = []
  readonly requests: { readonly method: string; readonly url: URL; readonly token: string | undefined }[] = []
  token: string | undefined
  /** takes requests and does nothing about them */
  holdsAnswers = false
  /** what becomes of a change of a count: answered; done and not answered; neither */
  changes: 'answered' | 'done' | 'held' = 'answered'
  /** happens after each change of a count */
  afterChange: (group: string) => void = () => {}

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  addJob(id: string, group: string, count: number, scaling?: { Min: number; Max: number; Enabled: boolean }): FakeJob {
    const job: FakeJob = {
      ...{ modifyIndex: 12, jobModifyIndex: 10, stopped: false, deploying: false, events: [] },
      groups: new Map([[group, { count, placed: count, running: count, scaling }]]),
    }
    this.#jobs.set(id, job)
    return job
  }

  /** One more group of a job, for the nodes of one zone. */
  addZone(job: FakeJob, pool: string, zone: string, group: Omit<Group, 'meta'>): Group {
    const added: Group = { ...group, meta: { muster_pool: pool, muster_zone: zone } }
    job.groups.delete(pool)
    job.groups.set(`${pool}-${zone}`, added)
    return added
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://nomad')
    const token = request.headers['x-nomad-token'] as string | undefined
    this.requests.push({ method: request.method ?? '', url, token })
    const sent = await wholeBody(request)
    if (!sent) return
    if (this.holdsAnswers) return
    const say = (status: number, body: string) => {
      // Only a redirect says where to.
      const elsewhere = status === 307 ? { location: `${url.pathname}?elsewhere` } : {}
      response.writeHead(status, { 'content-type': 'text/plain', ...elsewhere }).end(body)
    }
    const trouble = this.troubles.shift()
    if (trouble) return void say(trouble.status, trouble.text)
    if (this.token !== undefined && token !== this.token) return void say(403, 'Permission denied')
    const [, id = '', scale] = /^\/v1\/job\/([^/]+)(\/scale)?$/.exec(url.pathname) ?? []
    const job = this.#jobs.get(decodeURIComponent(id))
    if (!job) return void say(404, 'job not found')
    if (request.method === 'GET') {
      const body = scale ? scaleStatus(id, job) : jobOf(id, job)
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    const body = JSON.parse(sent.toString()) as ScaleBody
    const holds = this.changes !== 'answered' && typeof body.Count === 'number'
    if (holds && this.changes === 'held') return
    const refused = this.#scale(job, body)
    if (holds) return
    if (refused) return void say(refused.status, refused.text)
    response.writeHead(200).end(JSON.stringify({ EvalID: 'e', JobModifyIndex: job.jobModifyIndex }))
  }

  #scale(job: FakeJob, body: ScaleBody): { readonly status: number; readonly text: string } | undefined {
    const name = body.Target?.Group ?? ''
    const group = job.groups.get(name)
    if (!group) return { status: 400, text: `task group "${name}" specified for scaling does not exist in job` }
    if (body.JobModifyIndex !== undefined && body.JobModifyIndex !== job.jobModifyIndex)
      return {
        status: 500,
        text: `Enforcing job modify index ${body.JobModifyIndex}: job exists with conflicting job modify index: ${job.jobModifyIndex}`,
      }
    const count = body.Count ?? null
    if (count !== null) {
      if (job.deploying) return { status: 400, text: 'job scaling blocked due to active deployment' }
      const { Min = 0, Max = Number.MAX_SAFE_INTEGER } = group.scaling ?? {}
      if (count < Min)
        return { status: 400, text: `group count was less than scaling policy minimum: ${count} < ${Min}` }
      if (count > Max)
        return { status: 400, text: `group count was greater than scaling policy maximum: ${count} > ${Max}` }
      group.count = count
      group.placed = Math.min(group.placed, count)
      group.running = Math.min(group.running, count)
      if (group.stock !== undefined) group.placed = group.running = Math.min(count, group.stock)
      job.jobModifyIndex = job.modifyIndex += 5
      this.afterChange(name)
    }
    job.events.unshift({ group: name, count, message: body.Message ?? '', meta: body.Meta ?? {} })
    return undefined
  }
}

interface ScaleBody {
  readonly Count?: number | null
  readonly Target?: { readonly Group?: string }
  readonly Message?: string
  readonly Meta?: Readonly<Record<string, string>>
  readonly JobModifyIndex?: number
}

const jobOf = (id: string, job: FakeJob) => ({
  ID: id,
  Stop: job.stopped,
  ModifyIndex: job.modifyIndex,
  JobModifyIndex: job.jobModifyIndex,
  TaskGroups: [...job.groups].map(([Name, { count, scaling, meta }]) => {
    return { Name, Count: count, Scaling: scaling ?? null, Meta: meta ?? null }
  }),
})

/** Its `JobModifyIndex` is the job's ModifyIndex: a trap of the real one. */
const scaleStatus = (id: string, job: FakeJob) => ({
  JobID: id,
  JobModifyIndex: job.modifyIndex,
  JobStopped: job.stopped,
  TaskGroups: Object.fromEntries(
    [...job.groups].map(([name, { count, placed, running }]) => [
      name,
      { Desired: count, Placed: placed, Running: running, Healthy: running, Unhealthy: 0, Events: [] },
    ]),
  ),
})
