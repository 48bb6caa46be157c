import { readFileSync } from 'node:fs'
import { parse } from 'yaml'

/** A service as compose files describe it; what the stand-in does not look at is left out. */
export interface Service {
  readonly name: string
  readonly command: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly labels: Readonly<Record<string, string>>
  readonly restart: string
  readonly stopSeconds: number
  readonly healthcheck: {
    readonly test: readonly string[]
    readonly intervalMs: number
    readonly retries: number
  } | null
  /** `host:port:port` */
  readonly ports: readonly string[]
}

type Env = Readonly<Record<string, string | undefined>>
type Written = Readonly<Record<string, unknown>>

const isObject = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `${A}`, `${A:-else}`, `${A:?why}` and `$$`. @source Compose specification, "Interpolation" */
const interpolate = (text: string, env: Env): string =>
  text.replace(/\$(?:\$|\{(\w+)(?::([-?])([^}]*))?\})/g, (_whole, name?: string, how?: string, other = '') => {
    if (name === undefined) return '$'
    const value = env[name]
    if (value) return value
    if (how === '?') throw new Error(`required variable ${name} is missing a value: ${other}`)
    return how === '-' ? other : (value ?? '')
  })

const fillIn = (value: unknown, env: Env): unknown => {
  if (typeof value === 'string') return interpolate(value, env)
  if (Array.isArray(value)) return value.map((item) => fillIn(item, env))
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(item, env)]))
}

/** Files later in the list add to those before: mappings are merged, lists joined. */
const merge = (a: unknown, b: unknown): unknown => {
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  if (!isObject(a) || !isObject(b)) return b ?? a
  return Object.fromEntries(
    [...new Set([...Object.keys(a), ...Object.keys(b)])].map((key) => [key, merge(a[key], b[key])]),
  )
}

const seconds = (text: unknown): number => {
  const [, amount, unit = 's'] = /^(\d+)(ms|s|m)?$/.exec(String(text)) ?? []
  return Number(amount ?? 0) * { ms: 0.001, s: 1, m: 60 }[unit as 's']
}

/** A variable without a value is the caller's own, where he has it. */
const environmentOf = (written: unknown, env: Env): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(isObject(written) ? written : {}).flatMap(([name, value]) => {
      const text = value === null ? env[name] : String(value)
      return text === undefined ? [] : [[name, text] as const]
    }),
  )

const texts = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])

const toService = (name: string, written: Written, env: Env): Service => {
  const { command, environment, labels, restart = 'no', stop_grace_period: grace = '10s', healthcheck, ports } = written
  const check = isObject(healthcheck) ? healthcheck : undefined
  const hurry = Number(env.DOCKER_STAND_IN_HURRY ?? 1)
  return {
    name,
    command: texts(command),
    env: environmentOf(environment, env),
    labels: environmentOf(labels, env),
    restart: String(restart),
    stopSeconds: seconds(grace),
    healthcheck: check
      ? {
          test: texts(check.test).slice(1),
          intervalMs: (1000 * seconds(check.interval ?? '30s')) / hurry,
          retries: Number(check.retries ?? 3),
        }
      : null,
    ports: texts(ports),
  }
}

/** The services of some compose files. @param env of the caller @throws Error when a variable that is required is missing */
export const readServices = (paths: readonly string[], env: Env): readonly Service[] => {
  const whole = paths.map((path) => fillIn(parse(readFileSync(path, 'utf8')), env)).reduce(merge, {}) as Written
  return Object.entries((whole.services ?? {}) as Readonly<Record<string, Written>>).map(([name, written]) =>
    toService(name, written, env),
  )
}
