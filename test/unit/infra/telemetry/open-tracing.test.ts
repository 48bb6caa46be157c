import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { openTracing } from '../../../../infra/telemetry/open-tracing.ts'

const OFF = {
  OTEL_EXPORTER_OTLP_TIMEOUT: 1_000,
  OTEL_BSP_SCHEDULE_DELAY: 1_000,
  OTEL_TRACES_SAMPLER: 'always_on',
  OTEL_TRACES_SAMPLER_ARG: 1,
  OTEL_SDK_DISABLED: false,
  TRACES_CALLERS: 'link',
  TRACES_TENANT: false,
}
const OPENS = `const { openTracing } = await import('./infra/telemetry/open-tracing.ts')
const tracing = await openTracing(JSON.parse(process.env.VARIABLES), 'test')`

/** Which packages of OpenTelemetry a process has loaded after it did this. */
const loadedBy = async (work: string, variables: object): Promise<readonly string[]> => {
  const program = `import { registerHooks } from 'node:module'
const loaded = new Set()
registerHooks({ load(url, context, next) {
  const [, name] = /node_modules\\/(@opentelemetry\\/[^/]+)/.exec(url) ?? []
  if (name) loaded.add(name)
  return next(url, context)
} })
${work}
console.log(JSON.stringify([...loaded]))`
  const options = { env: { ...process.env, VARIABLES: JSON.stringify(variables) } }
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], options)
  return JSON.parse(stdout) as string[]
}

it('is nothing unless a receiver is named', async () => {
  expect(await openTracing(OFF, 'test')).toBeUndefined()
})

it('is nothing where it is disabled', async () => {
  const config = { ...OFF, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_SDK_DISABLED: true }
  expect(await openTracing(config, 'test')).toBeUndefined()
})

it('loads nothing of OpenTelemetry while it is off, in no process, but the interface that the metrics look for', async () => {
  const mains = `await import('./api/main.ts')\nawait import('./worker/main.ts')\nawait import('./autoscaler/main.ts')`
  expect(await loadedBy(`${mains}\n${OPENS}`, OFF)).toEqual(['@opentelemetry/api'])
})

it('loads it once it is on', async () => {
  const loaded = await loadedBy(OPENS, { ...OFF, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
  expect(loaded).toEqual(
    expect.arrayContaining(['@opentelemetry/sdk-trace', '@opentelemetry/exporter-trace-otlp-http']),
  )
})
