import { apiConfig, apiRules } from '../../api/config.ts'
import { autoscalerConfig, autoscalerRules } from '../../autoscaler/config.ts'
import { parseBounds, parseJobs } from '../../autoscaler/pool-settings.ts'
import type { CountBounds } from '../../infra/domain/scaling.ts'
import { ConfigError, loadConfig } from '../../infra/runtime/config.ts'
import { workerConfig, workerRules } from '../../worker/config.ts'
import { gateConfig } from '../../worker/gate/config.ts'
import { nodeConfig, nodeRules } from '../../worker/node/config.ts'
import { leastOf, parseCounts } from '../../worker/node/worker-counts.ts'
import { SUPERVISOR_MB, WORKER_MB } from '../../worker/node/worker-memory.ts'
import { COMPOSE_VARIABLES, checkCompose } from './check-compose.ts'
import type { Part, Value } from './evaluate-hcl.ts'
import { durationMs, environmentOf, partsNamed, type TaskPart, tasksOf } from './job-parts.ts'

/** A job file that was read, with the variables of a site worked in. */
export interface JobFile {
  readonly name: string
  readonly job: Part
}

/** A client kills a task after so long whatever its job says, unless the client's configuration says otherwise. */
const MAX_KILL_TIMEOUT_MS = 30_000
/** 32 bytes in base64, of the right shape for every secret that is one. */
const SAMPLE_KEY = `${'A'.repeat(43)}=`
/** What stands for secrets, which no file has, while the rest is checked. */
const SAMPLES: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://muster:x@postgres:5432/muster',
  RABBITMQ_URL: 'amqp://muster:x@rabbitmq:5672',
  REDIS_URL: 'redis://:x@redis:6379',
  ENCRYPTION_KEYS: `sample:${SAMPLE_KEY}`,
  OTEL_EXPORTER_OTLP_HEADERS: 'x-key=x',
  PROMETHEUS_URL: 'http://prometheus:9090',
}
/** These name files that are no secrets: a program looks at them by itself. */
const FILES: ReadonlySet<string> = new Set(['TRIGGERS_FILE'])

/** What a program sees: secrets out of their files, and what Nomad fills in on the node. */
const seenBy = (environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const secret = name.replace(/_FILE$/, '')
      if (secret !== name && !FILES.has(name)) return [secret, SAMPLES[secret] ?? SAMPLE_KEY]
      return [name, value.replace(/\$\{NOMAD_IP_\w+\}/, '127.0.0.1').replace(/\$\{NOMAD_PORT_\w+\}/, '9480')]
    }),
  )

const said = (check: () => unknown): readonly string[] => {
  try {
    check()
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    return [error instanceof Error ? error.message : String(error)]
  }
}

type Environment = Readonly<Record<string, string>>

interface Program {
  /** the variables it reads */
  readonly known: readonly string[]
  readonly check: (environment: Environment) => readonly string[]
  /** the variable that bounds its drain; a job file sets it, because the kill timeout beside it depends on it */
  readonly grace: string
}

/** What reads the environment of a program, by the file it starts with. */
const PROGRAMS: Readonly<Record<string, Program>> = {
  'api/main.ts': {
    known: Object.keys(apiConfig.properties),
    check: (env) => said(() => loadConfig(apiConfig, env, apiRules)),
    grace: 'API_GRACE_MS',
  },
  'autoscaler/main.ts': {
    known: Object.keys(autoscalerConfig.properties),
    check: (env) => said(() => loadConfig(autoscalerConfig, env, autoscalerRules)),
    grace: 'AUTOSCALER_GRACE_MS',
  },
  'worker/node.ts': {
    known: [...Object.keys(nodeConfig.properties), ...Object.keys(workerConfig.properties)],
    check: (env) => {
      const pools = said(() => parseCounts(env.NODE_WORKERS ?? ''))
      const [pool = ''] = pools.length === 0 ? parseCounts(env.NODE_WORKERS ?? '').keys() : []
      // The image and the node say where the models are.
      const whole = { MODELS_DIR: '/models', ...env }
      const node = said(() => loadConfig(nodeConfig, whole, nodeRules))
      return [...node, ...said(() => loadConfig(workerConfig, { WORKER_POOL: pool, ...whole }, workerRules))]
    },
    grace: 'NODE_GRACE_MS',
  },
  'raw-exec-compose/start.sh': {
    known: [...Object.keys(workerConfig.properties), ...COMPOSE_VARIABLES],
    check: (env) => [
      ...said(() => loadConfig(workerConfig, { MODELS_DIR: '/models', ...env }, workerRules)),
      ...said(() => loadConfig(gateConfig, env)),
      ...checkCompose(env),
    ],
    grace: 'WORKERS_STOP_MS',
  },
}

const programOf = (task: Part): string | undefined => {
  const args = partsNamed(task, 'config')[0]?.attributes.args
  const written = Array.isArray(args) ? args.map(String) : []
  return Object.keys(PROGRAMS).find((program) => written.some((argument) => argument.endsWith(program)))
}

const checkEnvironment = ({ task }: TaskPart): readonly string[] => {
  const program = PROGRAMS[programOf(task) ?? '']
  if (!program) return []
  const environment = seenBy(environmentOf(task))
  const unknown = Object.keys(environment).filter((name) => !program.known.includes(name))
  return [...unknown.map((name) => `${name} is no variable of it`), ...new Set(program.check(environment))]
}

const SECRET =
  /^(?!.*_FILE$).*(PASSWORD|SECRET|TOKEN|HEADERS|_KEY$|ENCRYPTION_KEYS|DATABASE_URL|RABBITMQ_URL|REDIS_URL)/

/** Each secret is a file that a template writes, for its own user alone. */
const checkSecrets = ({ task }: TaskPart): readonly string[] => {
  const environment = Object.entries(environmentOf(task))
  const files = new Map(partsNamed(task, 'template').map((template) => [template.attributes.destination, template]))
  return [
    ...environment.filter(([name]) => SECRET.test(name)).map(([name]) => `${name} is a secret in the environment`),
    ...environment.flatMap(([name, value]) => {
      const [, path] = /^\$\{NOMAD_SECRETS_DIR\}\/(.+)$/.exec(value) ?? []
      if (!name.endsWith('_FILE')) return []
      return path !== undefined && files.has(`secrets/${path}`) ? [] : [`${name} names no file that a template writes`]
    }),
    ...[...files].flatMap(([destination, { attributes }]) => [
      ...(attributes.perms === '0400' ? [] : [`${destination} can be read by others: perms must be 0400`]),
      ...(attributes.change_mode === 'noop' ? [] : [`${destination} restarts its task: change_mode must be noop`]),
      ...(attributes.error_on_missing_key === true ? [] : [`${destination} may be empty: error_on_missing_key`]),
    ]),
  ]
}

const checkStop = ({ task }: TaskPart): readonly string[] => {
  const program = PROGRAMS[programOf(task) ?? '']
  if (!program) return []
  const graceMs = Number(environmentOf(task)[program.grace])
  const killMs = durationMs(task.attributes.kill_timeout) ?? 0
  return [
    ...(task.attributes.kill_signal === 'SIGTERM' ? [] : ['kill_signal must be SIGTERM']),
    ...(killMs > graceMs ? [] : [`kill_timeout must be longer than ${program.grace}`]),
    ...(killMs <= MAX_KILL_TIMEOUT_MS ? [] : ['kill_timeout is over 30s, which is what clients allow']),
  ]
}

const checkMemory = (part: TaskPart): readonly string[] => {
  const { task } = part
  // An environment that cannot be read has been told of already.
  if (programOf(task) !== 'worker/node.ts' || checkEnvironment(part).length > 0) return []
  const memory = Number(partsNamed(task, 'resources')[0]?.attributes.memory)
  const { NODE_WORKERS = '', POOLS = '' } = environmentOf(task)
  const tasksOfPool = new Map(POOLS.split(' ').map((pool) => pool.split('=') as [string, string]))
  const workerMb = (pool: string) =>
    (tasksOfPool.get(pool) ?? '')
      .split(',')
      .reduce((sum, name) => sum + ((WORKER_MB as Readonly<Record<string, number>>)[name] ?? 0), 0)
  const needed = leastOf(parseCounts(NODE_WORKERS)).reduce((sum, [pool, n]) => sum + n * workerMb(pool), SUPERVISOR_MB)
  return memory >= needed ? [] : [`${memory} MB are too little: its workers need ${needed}`]
}

const checkTask = (name: string, part: TaskPart): readonly string[] =>
  [checkEnvironment, checkSecrets, checkStop, checkMemory].flatMap((check) =>
    check(part).map((problem) => `${name}: group ${part.group.labels[0]}: ${problem}`),
  )

const idOf = ({ job }: JobFile): string => String(job.attributes.id ?? job.labels[0])

/** The groups of a pool as the autoscaler finds them: one a zone, or the one of that name. */
const groupsOf = (job: Part, name: string): readonly Part[] => {
  const ofZones = partsNamed(job, 'group').filter(
    (group) => partsNamed(group, 'meta')[0]?.attributes.muster_pool === name,
  )
  return ofZones.length > 0 ? ofZones : partsNamed(job, 'group', name)
}

/** Limits and counts of a pool's groups. Any zone may have to hold the whole pool, and any may have to hold nothing. */
const checkBounds = (pool: string, groups: readonly Part[], own: CountBounds | undefined): readonly string[] => {
  const zones = groups.map((group) => partsNamed(group, 'meta')[0]?.attributes.muster_zone)
  const isZoned = zones.some((zone) => zone !== undefined)
  const scalings = groups.map((group) => partsNamed(group, 'scaling')[0]?.attributes ?? {})
  const counts = groups.map((group) => Number(group.attributes.count))
  const fits = scalings.every(({ min, max }) => min === (isZoned ? 0 : own?.min) && max === own?.max)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const within = scalings.every(({ min, max }, at) => {
    const count = counts[at] as number
    return count >= Number(min) && count <= Number(max)
  })
  return [
    ...(fits ? [] : [`scaling of ${pool} is not what AUTOSCALER_POOLS says`]),
    ...(within && total >= (own?.min ?? 0) ? [] : [`count of ${pool} is outside its scaling`]),
    ...(new Set(zones).size === zones.length ? [] : [`two groups of ${pool} have the same zone`]),
    ...(groups.every((group, at) => !isZoned || isOfZone(group, zones[at])) ? [] : [`${pool} leaves its zones`]),
  ]
}

const isOfZone = (group: Part, zone: Value | undefined): boolean =>
  zone !== undefined &&
  partsNamed(group, 'constraint').some(
    ({ attributes }) => attributes.attribute === `\${node.datacenter}` && attributes.value === zone,
  )

/** What the autoscaler is told of the groups, against the groups. */
const checkScaled = (files: readonly JobFile[], { name, task }: { name: string; task: Part }): readonly string[] => {
  const environment = environmentOf(task)
  const bounds = parseBounds(environment.AUTOSCALER_POOLS ?? '')
  return [...parseJobs(environment.NOMAD_JOBS ?? '')].flatMap(([pool, target]) => {
    const jobs = files.filter((file) => idOf(file) === target.job)
    if (jobs.length === 0) return [`${name}: NOMAD_JOBS names the job ${target.job}, which no file has`]
    return jobs.flatMap(({ name: file, job }) => {
      const groups = groupsOf(job, target.group)
      if (groups.length === 0) return [`${file}: the group ${target.group} of pool ${pool} is missing`]
      return [
        ...checkBounds(pool, groups, bounds.get(pool)).map((problem) => `${file}: ${problem}`),
        ...(partsNamed(job, 'update')[0]?.attributes.max_parallel === 0
          ? []
          : [`${file}: update needs max_parallel = 0, or every change of a count opens a deployment`]),
      ]
    })
  })
}

/** What is wrong with job files by what they say, without Nomad; empty when nothing is. */
export const checkJobs = (files: readonly JobFile[]): readonly string[] => {
  const tasks = files.flatMap((file) => tasksOf(file.job).map((part) => ({ ...file, part })))
  const autoscalers = tasks.filter(
    ({ part }) => programOf(part.task) === 'autoscaler/main.ts' && checkEnvironment(part).length === 0,
  )
  return [
    ...tasks.flatMap(({ name, part }) => checkTask(name, part)),
    ...autoscalers.flatMap(({ name, part }) => checkScaled(files, { name, task: part.task })),
  ]
}
