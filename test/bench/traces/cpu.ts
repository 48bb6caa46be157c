/** CPU time that the spans of one check cost where traces are on: `node test/bench/traces/cpu.ts`. */

import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../../infra/local/ports.ts'
import type { Tracer } from '../../../infra/ports/tracer.ts'
import { inSpan } from '../../../infra/runtime/in-span.ts'
import { openTracing } from '../../../infra/telemetry/open-tracing.ts'
import { startChild } from '../child.ts'

const VARIABLES = {
  OTEL_EXPORTER_OTLP_TIMEOUT: 10_000,
  OTEL_BSP_SCHEDULE_DELAY: 20,
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_SDK_DISABLED: false,
  TRACES_CALLERS: 'link',
  TRACES_TENANT: false,
}
/** As many as a check with one picture has, of api and worker together, with as much on them. */
const STEPS = 14
const ROUNDS = 200
/** So few at once that the queue of spans has room for all. */
const CHECKS_A_ROUND = 50
const FACTS = {
  'messaging.system': 'rabbitmq',
  'messaging.operation.name': 'publish',
  'messaging.destination.name': 'muster.jobs:liveness.interactive',
  'messaging.message.conversation_id': '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e',
}

const step = async (): Promise<void> => {}

const check = (tracer: Tracer): Promise<void> => {
  const request = tracer.begin('POST /v1/liveness', { kind: 'server', parent: 'none', attributes: FACTS })
  return tracer.within(request, async () => {
    for (let at = 0; at < STEPS; at += 1) await inSpan(tracer, 'step', step, FACTS)
    tracer.begin('publish', { kind: 'producer', parent: request.context }).end()
    request.end()
  })
}

const cpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** Rounds with pauses between them, in which what was recorded is sent. @returns CPU ms of a check */
const measure = async (work: () => Promise<unknown>): Promise<number> => {
  const before = cpuMs()
  for (let round = 0; round < ROUNDS; round += 1) {
    for (let count = 0; count < CHECKS_A_ROUND; count += 1) await work()
    await pause(25)
  }
  return (cpuMs() - before) / (ROUNDS * CHECKS_A_ROUND)
}

const port = await freePort()
const receiver = await startChild(new URL('./receiver.ts', import.meta.url), { RECEIVER_PORT: String(port) })
const nothing = await measure(step)
for (const ratio of [0, 0.01, 1]) {
  const config = {
    ...VARIABLES,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}`,
    OTEL_TRACES_SAMPLER_ARG: ratio,
  }
  const tracing = await openTracing(config, 'bench')
  if (!tracing) throw new Error(`no traces in ${fileURLToPath(import.meta.url)}`)
  await measure(() => check(tracing.tracer))
  const cost = (await measure(() => check(tracing.tracer))) - nothing
  console.log(`ratio ${ratio}: ${(cost * 1_000).toFixed(1)} µs of CPU a check, sending included`)
  await tracing.stop()
}
await receiver.stop()
