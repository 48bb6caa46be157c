import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { checkJobs, type JobFile } from '../../../scripts/nomad/check-jobs.ts'
import { evaluateJob, evaluateVariables, type Part } from '../../../scripts/nomad/evaluate-hcl.ts'
import { parseHcl } from '../../../scripts/nomad/hcl.ts'
import { durationMs, environmentOf, partsNamed, tasksOf } from '../../../scripts/nomad/job-parts.ts'
import { workerConfig } from '../../../worker/config.ts'
import { gateConfig } from '../../../worker/gate/config.ts'
import { readServices } from '../../fakes/docker/compose-file.ts'

const root = join(import.meta.dirname, '../../..')
const folder = join(root, 'nomad')
const scripts = join(folder, 'raw-exec-compose')
const read = (path: string): string => readFileSync(join(folder, path), 'utf8')
const site = evaluateVariables(parseHcl(read('site.example.vars.hcl')))
const SECRETS =
  /^(DATABASE_URL|RABBITMQ_URL|REDIS_URL|ENCRYPTION_KEYS|OTEL_EXPORTER_OTLP_HEADERS|.*_(ACCESS|SECRET)_KEY)$/

const readJob = (name: string, [from, to]: readonly [string, string] = ['', '']): JobFile => {
  const text = read(name)
  if (!text.includes(from)) throw new Error(`${name} does not say ${from}`)
  return { name, job: evaluateJob(parseHcl(text.replaceAll(from, to)), site) }
}
const { job } = readJob('worker-compose.nomad.hcl')
const taskOf = (group: Part | undefined, name: string): Part => partsNamed(group as Part, 'task', name)[0] as Part
const groups = partsNamed(job, 'group')

describe('the job of workers in containers', () => {
  it('has the groups, places and scaling of the job without', () => {
    const shape = (file: string) =>
      partsNamed(readJob(file).job, 'group').map((group) => [
        group.labels,
        group.attributes.count,
        ...['scaling', 'meta', 'constraint', 'disconnect', 'restart', 'reschedule'].map((part) =>
          partsNamed(group, part),
        ),
      ])
    expect(shape('worker-compose.nomad.hcl')).toEqual(shape('worker-raw-exec.nomad.hcl'))
    expect(partsNamed(job, 'update')).toEqual(partsNamed(readJob('worker.nomad.hcl').job, 'update'))
  })

  it('is told to stop by SIGTERM, and killed when its containers have had their time and some more', () => {
    for (const group of groups) {
      const task = taskOf(group, 'workers')
      const { WORKERS_STOP_MS, WORKER_GRACE_MS, WORKER_JOB_TIMEOUT_MS } = environmentOf(task)
      expect(task.attributes.kill_signal).toBe('SIGTERM')
      const times = [WORKER_JOB_TIMEOUT_MS, WORKER_GRACE_MS, WORKERS_STOP_MS].map(Number)
      expect(times).toEqual(times.toSorted((a, b) => a - b))
      expect(durationMs(task.attributes.kill_timeout)).toBeGreaterThanOrEqual(Number(WORKERS_STOP_MS) + 5_000)
    }
  })

  it('is a node of the fleet under the name of the machine, as the job without containers is', () => {
    const named = (file: string) => {
      const [first] = tasksOf(readJob(file).job)
      const { NODE_NAME, NODE_ZONE } = environmentOf(first?.task as Part)
      return [NODE_NAME, NODE_ZONE]
    }
    expect(named('worker-compose.nomad.hcl')).toEqual(named('worker-raw-exec.nomad.hcl'))
    expect(named('worker-compose.nomad.hcl')[0]).toContain('node.unique.name')
  })

  it('is not restarted by its check, which a node that is drained passes', () => {
    for (const group of groups) {
      const [check] = partsNamed(partsNamed(group, 'service')[0] as Part, 'check')
      expect([check?.attributes.path, partsNamed(check as Part, 'check_restart')]).toEqual(['/readyz', []])
    }
  })

  it('tears down once more after its task, with the same patience', () => {
    for (const group of groups) {
      const task = taskOf(group, 'teardown')
      expect(partsNamed(task, 'lifecycle')[0]?.attributes).toEqual({ hook: 'poststop', sidecar: false })
      expect(environmentOf(task).WORKERS_STOP_MS).toBe(environmentOf(taskOf(group, 'workers')).WORKERS_STOP_MS)
    }
  })

  it('gives its workers what those without containers have, as far as it is theirs', () => {
    const own = environmentOf(taskOf(groups[0], 'workers'))
    const [node] = tasksOf(readJob('worker.nomad.hcl').job)
    const theirs = Object.entries(environmentOf(node?.task as Part)).filter(
      ([name]) => name in workerConfig.properties && name !== 'WORKER_GRACE_MS',
    )
    for (const [name, value] of theirs) expect([name, own[name]]).toEqual([name, value])
  })

  it.each([
    [['"18000"', '"20000"'], 'WORKERS_STOP_MS must be longer than WORKER_GRACE_MS'],
    [['kill_timeout = "30s"', 'kill_timeout = "20s"'], 'kill_timeout must be longer than WORKERS_STOP_MS'],
    [['"SIGTERM"', '"SIGINT"'], 'kill_signal must be SIGTERM'],
    [[`"\${group.value.workers}"`, '"many"'], 'WORKERS_COUNT must be a whole number'],
    [[`"\${ceil(group.value.memory / group.value.workers)}"`, '"300"'], '300 MB are too little: a worker needs 393'],
    [['WORKERS_GPU ', 'WORKERS_GPUS '], 'WORKERS_GPUS is no variable of it'],
    [['WORKER_POOL           = group.value.pool', ''], 'WORKER_POOL'],
    [['"0400"', '"0644"'], 'can be read by others'],
    [['NODE_ZONE             = group.value.zone', 'NODE_TELL_MS = "60000"'], 'NODE_TELL_MS'],
  ] as const)('is found out when it has %j', (change, problem) => {
    expect(checkJobs([readJob('worker-compose.nomad.hcl', change)]).join('\n')).toContain(problem)
  })

  it('and its reaper start scripts that are there and may be run', () => {
    const programs = [job, readJob('worker-reaper.nomad.hcl').job].flatMap((one) =>
      tasksOf(one).flatMap(({ task }) => partsNamed(task, 'config')[0]?.attributes.args as readonly string[]),
    )
    expect(new Set(programs.map((path) => path.split('/').at(-1)))).toEqual(
      new Set(['start.sh', 'teardown.sh', 'reap.sh']),
    )
    for (const path of programs)
      expect(() => accessSync(path.replace('/opt/muster/current', root), constants.X_OK)).not.toThrow()
  })
})

describe('the containers', () => {
  const files = readdirSync(scripts).filter((name) => name.endsWith('.yaml'))
  const whole = parse(read('raw-exec-compose/compose.yaml')) as {
    services: Record<string, Record<string, unknown> & { environment?: Record<string, unknown> }>
  }
  const passed = Object.keys(whole.services.worker?.environment ?? {})

  it('are given every variable of a worker, which compose.yaml names one by one, and secrets as files', () => {
    const variables = Object.keys(workerConfig.properties).filter((name) => name !== 'WORKER_INDEX')
    const wanted = variables.map((name) => (SECRETS.test(name) ? `${name}_FILE` : name))
    expect(passed.toSorted()).toEqual(wanted.toSorted())
  })

  it('have one that speaks for them, with every variable it reads, and of the secrets the database alone', () => {
    const theirs = whole.services.gate?.environment ?? {}
    const wanted = Object.keys(gateConfig.properties).map((name) => (SECRETS.test(name) ? `${name}_FILE` : name))
    expect(Object.keys(theirs).toSorted()).toEqual(wanted.toSorted())
    expect(Object.keys(theirs).filter((name) => name.endsWith('_FILE'))).toEqual(['DATABASE_URL_FILE'])
  })

  it('can be taken down without a job file: every value has a default', () => {
    const services = readServices(
      files.map((file) => join(scripts, file)),
      {},
    )
    expect(services.map(({ name }) => name)).toEqual(['worker', 'gate'])
    for (const { env, labels } of services)
      expect([env.DATABASE_URL_FILE, labels['muster.alloc']]).toEqual([undefined, 'none'])
  })

  it.each(Object.keys(whole.services))(
    'of %s run as an ordinary user, read-only, without privileges, and bear the label',
    (name) => {
      expect(whole.services[name]).toMatchObject({
        user: '10001:10001',
        init: true,
        read_only: true,
        cap_drop: ['ALL'],
        security_opt: ['no-new-privileges:true'],
        restart: 'on-failure',
        labels: { 'muster.alloc': expect.stringContaining('NOMAD_ALLOC_ID') },
      })
    },
  )

  it('start programs that exist', () => {
    for (const { command } of readServices([join(scripts, 'compose.yaml')], {}))
      expect(existsSync(join(root, command[1] ?? ''))).toBe(true)
  })
})
