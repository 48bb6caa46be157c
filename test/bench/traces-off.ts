/** What traces cost a job while they are off: `node test/bench/traces-off.ts`. */

import { type JobMessage, MESSAGE_VERSION } from '../../infra/domain/message.ts'
import type { Tracer } from '../../infra/ports/tracer.ts'
import { decodeCompletions, decodeMessage, encode } from '../../infra/rabbitmq/codec.ts'

const CALLS = 5_000_000
const JOBS = 200_000

/** What a request asks, a publish, a reply, a delivery and a run: each whether there is a tracer. */
const ask = (tracer: Tracer | undefined): number => {
  let traced = 0
  if (tracer?.active()?.context) traced += 1
  if (tracer) traced += 1
  if (tracer) traced += 1
  if (tracer) traced += 1
  if (tracer) traced += 1
  return traced
}

/** As it comes from the environment: nothing that a compiler could know. */
const tracerOf = (env: Readonly<Record<string, string | undefined>>): Tracer | undefined =>
  env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined ? undefined : ({} as Tracer)

const nanoseconds = (calls: number, call: () => void): number => {
  const start = performance.now()
  for (let at = 0; at < calls; at += 1) call()
  return ((performance.now() - start) * 1e6) / calls
}

const id = '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e'
const plain = {
  id,
  task: 'liveness',
  tenant: 'acme',
  lane: 'interactive',
  deadline: 1_800_000_000_000,
  attempt: 0,
} as const
const message: JobMessage = { v: MESSAGE_VERSION, ...plain }
const trace = { traceparent: `00-${'a1'.repeat(16)}-${'b2'.repeat(8)}-01` }
const bodies = [encode(message), encode({ ...message, ...trace, trace })]
const replies = [encode([{ id, state: 'succeeded' }]), encode([{ id, state: 'succeeded', trace }])]
const tracer = tracerOf(process.env)

for (const warm of [true, false]) {
  let sum = 0
  const asked = nanoseconds(CALLS, () => {
    sum += ask(tracer)
  })
  const [read, readTraced] = bodies.map((body) => nanoseconds(JOBS, () => void decodeMessage(body)))
  const [told, toldTraced] = replies.map((body) => nanoseconds(JOBS, () => void decodeCompletions(body)))
  if (warm) continue
  const figure = (value = 0): string => value.toFixed(0)
  console.log(`asking whether there is a tracer, all steps of a job: ${asked.toFixed(1)} ns, ${sum} traced`)
  console.log(`reading its message: ${figure(read)} ns without a trace, ${figure(readTraced)} ns with one`)
  console.log(`reading its completion: ${figure(told)} ns without a trace, ${figure(toldTraced)} ns with one`)
}
