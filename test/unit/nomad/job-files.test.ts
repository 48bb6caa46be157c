import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { traceVariables } from '../../../infra/runtime/trace-config.ts'
import { checkJobs, type JobFile } from '../../../scripts/nomad/check-jobs.ts'
import { evaluateJob, evaluateVariables, type Part } from '../../../scripts/nomad/evaluate-hcl.ts'
import { parseHcl } from '../../../scripts/nomad/hcl.ts'
import { environmentOf, partsNamed, tasksOf } from '../../../scripts/nomad/job-parts.ts'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, 'nomad')
const read = (name: string): string => readFileSync(join(folder, name), 'utf8')
const site = evaluateVariables(parseHcl(read('site.example.vars.hcl')))
const names = readdirSync(folder).filter((name) => name.endsWith('.nomad.hcl'))

/** A file as it would be with some of its text replaced. */
const readJob = (name: string, [from, to]: readonly [string, string] = ['', '']): JobFile => {
  const text = read(name)
  if (!text.includes(from)) throw new Error(`${name} does not say ${from}`)
  return { name, job: evaluateJob(parseHcl(text.replaceAll(from, to)), site) }
}
const files = names.map((name) => readJob(name))
const jobOf = (name: string): Part => readJob(name).job
const workers = ['worker.nomad.hcl', 'worker-raw-exec.nomad.hcl']
const containers = files.flatMap(({ name, job }) =>
  tasksOf(job)
    .filter(({ task }) => task.attributes.driver === 'docker')
    .map(({ task }) => [name, task] as const),
)

describe('the job files', () => {
  it('fit the configuration of what they run, the scaling bounds of the autoscaler, and each other', () => {
    expect(names).toHaveLength(8)
    expect(checkJobs(files)).toEqual([])
  })

  it.each(workers)('%s has one group a pool and zone with GPUs, each on nodes of its own', (name) => {
    const job = jobOf(name)
    const groups = partsNamed(job, 'group')
    expect(job.attributes.datacenters).toEqual(['zone-a', 'zone-b'])
    expect(groups.map(({ labels }) => labels[0])).toEqual([
      ...['face-match-zone-a', 'face-match-zone-b', 'liveness-zone-a', 'liveness-zone-b', 'ocr-zone-a', 'ocr-zone-b'],
    ])
    expect(partsNamed(job, 'constraint')[0]?.attributes).toEqual({ operator: 'distinct_hosts', value: true })
    const constraints = groups.map((group) => partsNamed(group, 'constraint').map(({ attributes }) => attributes.value))
    expect(constraints.slice(1, 5)).toEqual([
      ['zone-b', '^(gpu)$'],
      ['zone-a', '^(gpu)$'],
      ['zone-b', '^(gpu)$'],
      ['zone-a', '^(gpu-large)$'],
    ])
    expect(groups.map((group) => partsNamed(group, 'meta')[0]?.attributes).slice(1, 3)).toEqual([
      { muster_pool: 'face-match', muster_zone: 'zone-b' },
      { muster_pool: 'liveness', muster_zone: 'zone-a' },
    ])
  })

  it('give the same workers the same environment with Docker and without', () => {
    const [docker, raw] = workers.map((name) => tasksOf(jobOf(name)).map(({ task }) => environmentOf(task)))
    const differ = ['NODE_ADMIN_HOST', 'NODE_ADMIN_PORT', 'MODELS_DIR']
    const common = (all: readonly Readonly<Record<string, string>>[] = []) =>
      all.map((one) => Object.fromEntries(Object.entries(one).filter(([variable]) => !differ.includes(variable))))
    expect(common(raw)).toEqual(common(docker))
  })

  it.each(workers)(
    '%s gives each node what it needs to be in the list of nodes: its name, its zone and the database',
    (name) => {
      for (const { task } of tasksOf(jobOf(name)))
        expect(environmentOf(task)).toMatchObject({
          NODE_NAME: `\${node.unique.name}`,
          NODE_ZONE: expect.stringMatching(/^zone-[ab]$/),
          DATABASE_URL_FILE: expect.stringContaining('/database_url'),
        })
    },
  )

  it('tell the autoscaler of every pool', () => {
    const [autoscaler] = tasksOf(jobOf('autoscaler.nomad.hcl'))
    expect(environmentOf(autoscaler?.task as Part)).toMatchObject({
      NOMAD_JOBS: 'face-match=muster-workers/face-match liveness=muster-workers/liveness ocr=muster-workers/ocr',
      AUTOSCALER_POOLS: 'face-match=2..40 liveness=1..20 ocr=1..20',
    })
  })

  it('give the autoscaler its triggers as one more item of its variable', () => {
    const change = ['"nomad_token"]', '"nomad_token", "triggers", "prometheus_url", "prometheus_token"]'] as const
    const changed = readJob('autoscaler.nomad.hcl', change)
    expect(checkJobs([...files.filter(({ name }) => name !== changed.name), changed])).toEqual([])
    const [autoscaler] = tasksOf(changed.job)
    expect(environmentOf(autoscaler?.task as Part).TRIGGERS_FILE).toBe(`\${NOMAD_SECRETS_DIR}/triggers`)
  })

  it.each(['api.nomad.hcl', ...workers, 'worker-compose.nomad.hcl'])(
    '%s hands on whatever can be said of traces',
    (name) => {
      const headers = 'OTEL_EXPORTER_OTLP_HEADERS'
      const others = Object.keys(traceVariables).filter((variable) => variable !== headers)
      const traces = Object.fromEntries(others.map((variable) => [variable, `said of ${variable}`]))
      const text = read(name).replace('"storage_secret_key"]', `"storage_secret_key", "${headers.toLowerCase()}"]`)
      const [first] = tasksOf(evaluateJob(parseHcl(text), { ...site, traces }))
      expect(environmentOf(first?.task as Part)).toMatchObject({
        ...traces,
        [`${headers}_FILE`]: `\${NOMAD_SECRETS_DIR}/${headers.toLowerCase()}`,
      })
    },
  )

  it('are found out where they say something of traces that is no variable', () => {
    const traces = { OTEL_TRACES_SAMPLE: '1' }
    const job = evaluateJob(parseHcl(read('api.nomad.hcl')), { ...site, traces })
    const others = files.filter(({ name }) => name !== 'api.nomad.hcl')
    expect(checkJobs([...others, { name: 'api.nomad.hcl', job }]).join('\n')).toContain(
      'OTEL_TRACES_SAMPLE is no variable of it',
    )
  })

  it('put three brokers into three zones, on their own disks, one replaced after the other', () => {
    const job = jobOf('rabbitmq.nomad.hcl')
    const [group] = partsNamed(job, 'group')
    expect(group?.attributes.count).toBe(3)
    expect(partsNamed(group as Part, 'constraint')[0]?.attributes).toEqual({
      operator: 'distinct_property',
      attribute: `\${node.datacenter}`,
      value: '1',
    })
    expect(partsNamed(group as Part, 'volume')[0]?.attributes).toEqual({ type: 'host', source: 'muster-rabbitmq' })
    expect(partsNamed(job, 'update')[0]?.attributes.max_parallel).toBe(1)
  })

  it.each(containers)('%s runs its container as an ordinary user without privileges', (_name, task) => {
    const [config] = partsNamed(task, 'config')
    expect(task.attributes.user).toMatch(/^(10001:10001|rabbitmq)$/)
    expect(config?.attributes).toMatchObject({ cap_drop: ['all'], security_opt: ['no-new-privileges'] })
  })

  it('start programs that exist', () => {
    const programs = files.flatMap(({ job }) =>
      tasksOf(job).flatMap(({ task }) => {
        const args = partsNamed(task, 'config')[0]?.attributes.args
        return (Array.isArray(args) ? args.map(String) : []).filter((argument) => argument.endsWith('.ts'))
      }),
    )
    expect(programs.length).toBeGreaterThan(4)
    for (const program of programs)
      expect(existsSync(join(root, program.replace('/opt/muster/current/', '')))).toBe(true)
  })
})

describe('what is checked of job files', () => {
  it.each([
    ['worker.nomad.hcl', ['min     = 0', 'min = 3'], 'scaling of liveness is not what AUTOSCALER_POOLS says'],
    [
      'worker.nomad.hcl',
      ['count = ceil(group.value.min / length(var.gpu_zones))', 'count = 99'],
      'count of face-match is outside its scaling',
    ],
    ['worker.nomad.hcl', ['default     = 0', 'default = 1'], 'update needs max_parallel = 0'],
    [
      'worker.nomad.hcl',
      ['kill_timeout = "30s"', 'kill_timeout = "25s"'],
      'kill_timeout must be longer than NODE_GRACE_MS',
    ],
    ['worker.nomad.hcl', ['kill_timeout = "30s"', 'kill_timeout = "2m"'], 'kill_timeout is over 30s'],
    ['worker.nomad.hcl', ['"SIGTERM"', '"SIGINT"'], 'kill_signal must be SIGTERM'],
    ['worker.nomad.hcl', ['"20000"', '"26000"'], 'NODE_GRACE_MS must be longer than WORKER_GRACE_MS'],
    [
      'worker.nomad.hcl',
      ['memory = group.value.memory', 'memory = 1500'],
      '1500 MB are too little: its workers need 1558',
    ],
    ['worker.nomad.hcl', ['"0400"', '"0644"'], 'secrets/database_url can be read by others'],
    ['worker.nomad.hcl', ['"noop"', '"restart"'], 'secrets/database_url restarts its task'],
    ['worker.nomad.hcl', ['WORKER_BATCH_MAX ', 'WORKER_BATCH_MOST '], 'WORKER_BATCH_MOST is no variable of it'],
    ['worker.nomad.hcl', ['"secrets/$', '"local/$'], 'DATABASE_URL_FILE names no file that a template writes'],
    ['worker.nomad.hcl', ['  STORAGE_URL ', '  REDIS_URL '], 'REDIS_URL is a secret in the environment'],
    ['worker.nomad.hcl', ['STORAGE_URL           = var.storage_url', ''], 'STORAGE_URL'],
    ['worker.nomad.hcl', ['muster_pool = group.value.pool', ''], 'the group ocr of pool ocr is missing'],
    [
      'worker.nomad.hcl',
      ['muster_zone = group.value.zone', 'muster_zone = "a"'],
      'two groups of ocr have the same zone',
    ],
    ['worker.nomad.hcl', ['value     = group.value.zone', 'value = var.gpu_zones[0]'], 'ocr leaves its zones'],
    ['autoscaler.nomad.hcl', ['"muster-workers"', '"others"'], 'NOMAD_JOBS names the job others, which no file has'],
    ['worker.nomad.hcl', [`=\${group.value.workers}`, '=many'], 'workers are written `pool=count'],
    ['autoscaler.nomad.hcl', [`..\${pool.max}`, ''], 'AUTOSCALER_POOLS: pool face-match needs `least..most`'],
    ['api.nomad.hcl', ['"25000"', '"5000"'], 'API_SHUTDOWN_DELAY_MS must be less than API_GRACE_MS'],
  ] as const)('finds it when %s has %j', (name, change, problem) => {
    const others = files.filter((file) => file.name !== name && file.name !== 'worker-raw-exec.nomad.hcl')
    expect(checkJobs([...others, readJob(name, change)]).join('\n')).toContain(problem)
  })
})

describe('the policies', () => {
  const policy = (name: string) => parseHcl(read(`policies/${name}.hcl`))
  const capabilitiesOf = (name: string) =>
    policy(name).blocks.map(({ type, body }) => [type, body.attributes.get('capabilities')] as const)
  const listed = (name: string): readonly unknown[] => {
    const [, capabilities] = capabilitiesOf(name)[0] ?? []
    return capabilities?.kind === 'list' ? capabilities.items.map((item) => item.kind === 'literal' && item.value) : []
  }

  it('let the autoscaler read and scale jobs, and nothing else', () => {
    expect(policy('autoscaler').blocks).toHaveLength(1)
    expect(listed('autoscaler')).toEqual(['read-job', 'scale-job'])
  })

  it('keep secrets and shells from whoever deploys', () => {
    expect(listed('deployer')).toContain('submit-job')
    expect(JSON.stringify(listed('deployer'))).not.toMatch(/exec|variables|sentinel/)
    expect(policy('deployer').blocks.every(({ body }) => !body.blocks.some(({ type }) => type === 'variables'))).toBe(
      true,
    )
  })
})
