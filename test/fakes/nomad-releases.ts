import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { wholeBody } from './whole-body.ts'

interface Group {
  readonly Name: string
  readonly Count: number
  readonly Update?: { readonly MaxParallel?: number; readonly Canary?: number } | null
  readonly Services?: readonly { readonly Name: string }[] | null
}

/** A job, with what these tests have a program do in `Meta`. */
export interface FakeSpec {
  readonly ID: string
  readonly Type: 'service' | 'batch'
  /** `version`, and `mode`: `sick` never becomes healthy, `wrong` ends jobs by faults */
  readonly Meta: Readonly<Record<string, string>>
  readonly TaskGroups: readonly Group[]
}

interface Deployment {
  readonly id: string
  readonly index: number
  status: string
  why: string
  promoted: boolean
  readonly canaryCount: number
}

interface FakeJob {
  spec: FakeSpec
  version: number
  index: number
  stopped: boolean
  /** looks for which the scheduler has not seen yet what was registered */
  unseen: number
  readonly deployments: Deployment[]
}

const same = (a: FakeSpec, b: FakeSpec): boolean => JSON.stringify(inOrder(a)) === JSON.stringify(inOrder(b))
const inOrder = (value: unknown): unknown =>
  typeof value !== 'object' || value === null
    ? value
    : Array.isArray(value)
      ? value.map(inOrder)
      : Object.fromEntries(
          Object.entries(value)
            .filter(([name]) => !['Stop', 'Version', 'JobModifyIndex'].includes(name))
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, member]) => [name, inOrder(member)]),
        )

/**
 * The part of Nomad's HTTP API that releases need, as a real one (2.0.6-dev) was seen to answer; and, under the same
 * address, the processes of its jobs with their metrics. A job file is a job in JSON with `{{variables}}` in it.
 */
export class NomadReleases {
  readonly #server: Server
  readonly jobs = new Map<string, FakeJob>()
  /** what was changed, in order */
  readonly changes: string[] = []
  /** there is no node left for a further job */
  full = false
  /** looks at a job until its scheduler has seen what was registered */
  lateBy = 0
  /** looks at deployments and allocations that are not answered */
  deaf = 0
  #index = 10
  #endedCount = 0
  #wrongCount = 0

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${this.#port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** `<job> <version> x <counts>` of what runs. */
  running(): readonly string[] {
    return [...this.jobs.values()]
      .filter(({ stopped, spec }) => !stopped && spec.Type === 'service')
      .map(({ spec }) => `${spec.ID} ${spec.Meta.version} x ${spec.TaskGroups.map(({ Count }) => Count).join('+')}`)
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await wholeBody(request)
    if (!body) return
    const text = body.toString()
    const { pathname } = new URL(request.url ?? '/', 'http://nomad')
    const isLook = /\/(deployments|allocations)$/.test(pathname)
    if (isLook && this.deaf-- > 0) return void response.writeHead(500).end('No cluster leader')
    const answer = this.#serve(request.method ?? '', pathname, text === '' ? {} : (JSON.parse(text) as Body))
    if (answer === undefined) response.writeHead(404).end('not found')
    else response.end(typeof answer === 'string' ? answer : JSON.stringify(answer))
  }

  #serve(method: string, path: string, body: Body): unknown {
    const [, , kind, name = '', what] = path.split('/').map(decodeURIComponent)
    if (path === '/metrics') return this.#metrics()
    if (path === '/openapi.json') return this.#document()
    if (path === '/v1/jobs/parse') return fill(body.JobHCL ?? '', body.Variables ?? '')
    if (path === '/v1/jobs' && body.Job) return this.register(body.Job)
    if (kind === 'service') return this.#places(name)
    if (kind === 'deployment') return this.#promote(what ?? '')
    if (what === 'plan' && body.Job) return this.#plan(body.Job)
    const job = this.jobs.get(name)
    if (!job) return undefined
    if (method === 'DELETE') return this.#stopJob(job)
    if (what === 'deployments') return this.#deployments(job)
    if (what === 'allocations') return allocationsOf(job)
    return { ...job.spec, Stop: job.stopped, Version: job.version, JobModifyIndex: job.index }
  }

  register(spec: FakeSpec): { readonly JobModifyIndex: number } {
    const known = this.jobs.get(spec.ID)
    if (known && !known.stopped && same(known.spec, spec)) return { JobModifyIndex: known.index }
    this.#index += 5
    const updates = spec.TaskGroups.map(
      ({ Update, Count }) => `${Update?.MaxParallel ?? 0}/${Update?.Canary ?? 0}x${Count}`,
    )
    this.changes.push(`${spec.ID} ${spec.Meta.version ?? ''} ${updates.join(' ')}`)
    const job = known ?? { spec, version: -1, index: 0, stopped: false, unseen: 0, deployments: [] }
    const canaryCount =
      known && !known.stopped ? Math.max(...spec.TaskGroups.map(({ Update }) => Update?.Canary ?? 0)) : 0
    const rolls = spec.TaskGroups.some(({ Update }) => (Update?.MaxParallel ?? 0) > 0)
    for (const one of job.deployments) if (one.status === 'running') one.status = 'cancelled'
    if (rolls && spec.Type === 'service')
      job.deployments.push({
        ...{ id: `${spec.ID}@${this.#index}`, index: this.#index, status: 'running', why: 'Deployment is running' },
        ...{ promoted: canaryCount === 0, canaryCount },
      })
    Object.assign(job, { spec, version: job.version + 1, index: this.#index, stopped: false, unseen: this.lateBy })
    this.jobs.set(spec.ID, job)
    return { JobModifyIndex: this.#index }
  }

  #plan(spec: FakeSpec): object {
    const known = this.jobs.get(spec.ID)
    const isNew = known === undefined || known.stopped
    const updates = spec.TaskGroups.map(({ Name, Count }) => [Name, { [isNew ? 'Place' : 'DestructiveUpdate']: Count }])
    return {
      Diff: { Type: isNew ? 'Added' : same(known.spec, spec) ? 'None' : 'Edited' },
      Annotations: { DesiredTGUpdates: Object.fromEntries(updates) },
      FailedTGAllocs: this.full && isNew ? { [spec.TaskGroups[0]?.Name ?? '']: {} } : null,
    }
  }

  /** A deployment comes a step further each time somebody looks. */
  #deployments(job: FakeJob): object {
    const { spec, deployments, index: registered } = job
    if (job.unseen > 0) {
      job.unseen -= 1
      return deployments.filter(({ index }) => index !== registered).map(toAnswer)
    }
    const seen = deployments.map(toAnswer)
    const last = deployments.at(-1)
    if (last?.status === 'running') {
      if (spec.Meta.mode === 'sick') Object.assign(last, { status: 'failed', why: 'Failed due to progress deadline' })
      else if (last.promoted) Object.assign(last, { status: 'successful', why: 'Deployment completed successfully' })
    }
    return seen
  }

  #promote(id: string): object | undefined {
    const found = [...this.jobs.values()].flatMap(({ deployments }) => deployments).find((one) => one.id === id)
    if (!found) return undefined
    this.changes.push(`promote ${id.split('@')[0]}`)
    found.promoted = true
    return {}
  }

  #stopJob(job: FakeJob): object {
    this.changes.push(`stop ${job.spec.ID}`)
    job.stopped = true
    return { EvalID: 'e' }
  }

  #places(service: string): object {
    const isServed = [...this.jobs.values()].some(
      ({ stopped, spec }) =>
        !stopped && spec.TaskGroups.some(({ Services }) => Services?.some(({ Name }) => Name === service)),
    )
    return isServed ? [{ Address: '127.0.0.1', Port: this.#port }] : []
  }

  #document(): object {
    const api = [...this.jobs.values()].find(({ spec }) => spec.ID.includes('api'))
    return { openapi: '3.1.0', info: { title: 'Muster', version: api?.spec.Meta.version } }
  }

  /** A hundred jobs end between any two looks. */
  #metrics(): string {
    this.#endedCount += 100
    const wrong = [...this.jobs.values()].some(({ stopped, spec }) => !stopped && spec.Meta.mode === 'wrong')
    if (wrong) this.#wrongCount += 50
    return [
      `muster_jobs_finished_total{task="ocr",reason="succeeded"} ${this.#endedCount - this.#wrongCount}`,
      `muster_jobs_finished_total{task="ocr",reason="INTERNAL"} ${this.#wrongCount}`,
    ].join('\n')
  }
}

interface Body {
  readonly Job?: FakeSpec
  readonly JobHCL?: string
  readonly Variables?: string
}

const WHOLE = /^\d+$/

/** Of `{{name=value}}` the variable, else the value. */
const fill = (template: string, variables: string): FakeSpec => {
  const values = new Map(
    [...variables.matchAll(/^(\w+)\s*=\s*(.*)$/gm)].map(([, name = '', value = '']) => [name, JSON.parse(value)]),
  )
  const text = template.replace(/"\{\{(\w+)(?:=(\w+))?\}\}"/g, (_whole, name: string, other = '') =>
    JSON.stringify(values.get(name) ?? (WHOLE.test(other) ? Number(other) : other)),
  )
  return JSON.parse(text) as FakeSpec
}

const toAnswer = ({ id, index, status, why, promoted, canaryCount }: Deployment): object => ({
  ...{ ID: id, JobSpecModifyIndex: index, Status: status, StatusDescription: why },
  TaskGroups: { g: { DesiredCanaries: canaryCount, HealthyAllocs: canaryCount, Promoted: promoted } },
})

const allocationsOf = (job: FakeJob): object => {
  const { spec, version, stopped, unseen } = job
  if (unseen > 0) {
    if (spec.Type === 'batch') job.unseen -= 1
    const status = spec.Type === 'batch' ? 'complete' : 'running'
    return version === 0 ? [] : [{ JobVersion: version - 1, DesiredStatus: 'run', ClientStatus: status }]
  }
  const ends = spec.Meta.mode === 'failing' ? 'failed' : 'complete'
  const status = spec.Type === 'batch' || stopped ? ends : 'running'
  return [{ JobVersion: version, DesiredStatus: stopped ? 'stop' : 'run', ClientStatus: status }]
}
