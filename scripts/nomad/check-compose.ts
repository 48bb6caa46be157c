import { WORKER_MB } from '../../worker/node/worker-memory.ts'

/** What the scripts that run workers in containers read, beside what they pass on. */
export const COMPOSE_VARIABLES = [
  'WORKERS_IMAGE',
  'WORKERS_COUNT',
  'WORKERS_MEMORY_MB',
  'WORKERS_GPU',
  'WORKERS_STOP_MS',
  'WORKERS_START_SECONDS',
  'WORKERS_LOOK_MS',
  // of `gate`, which speaks for them
  'NODE_NAME',
  'NODE_ZONE',
  'NODE_TELL_MS',
]

/** A container's own runtime beside its worker's. */
const CONTAINER_MB = 32

/** What is wrong with these by what they say, beside what a worker itself would refuse. */
export const checkCompose = (env: Readonly<Record<string, string>>): readonly string[] => {
  const { WORKERS_COUNT = '', WORKERS_MEMORY_MB = '', WORKERS_STOP_MS = '', WORKER_GRACE_MS = '', POOLS = '' } = env
  const entry = POOLS.split(' ').find((pool) => pool.startsWith(`${env.WORKER_POOL}=`)) ?? ''
  const tasks = entry.slice(entry.indexOf('=') + 1).split(',')
  const workerMb = tasks.reduce((sum, name) => sum + ((WORKER_MB as Readonly<Record<string, number>>)[name] ?? 0), 0)
  const needed = workerMb + CONTAINER_MB
  return [
    ...(/^[1-9]\d{0,2}$/.test(WORKERS_COUNT) ? [] : ['WORKERS_COUNT must be a whole number from 1']),
    ...(Number(WORKERS_STOP_MS) > Number(WORKER_GRACE_MS)
      ? []
      : ['WORKERS_STOP_MS must be longer than WORKER_GRACE_MS, or a stop cuts drains off']),
    ...(Number(WORKERS_MEMORY_MB) >= needed
      ? []
      : [`${WORKERS_MEMORY_MB} MB are too little: a worker needs ${needed}`]),
  ]
}
