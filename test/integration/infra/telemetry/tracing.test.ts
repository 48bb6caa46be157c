import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createMetrics } from '../../../../infra/runtime/metrics.ts'
import { lastingSecrets } from '../../../../infra/runtime/secrets.ts'
import type { TraceVariables } from '../../../../infra/runtime/trace-config.ts'
import { openTracing, type Tracing } from '../../../../infra/telemetry/open-tracing.ts'
import { describeTracer } from '../../../contract/tracer.ts'
import { startOtlpReceiver } from '../../../fixtures/otlp-receiver.ts'
import { aSecretFile, openSecrets } from '../../../fixtures/secret-files.ts'
import { silence } from '../../../fixtures/silence.ts'

const WAIT = { timeout: 30_000, interval: 20 }
const DEFAULTS: TraceVariables = {
  OTEL_EXPORTER_OTLP_TIMEOUT: 500,
  OTEL_BSP_SCHEDULE_DELAY: 20,
  OTEL_TRACES_SAMPLER: 'traceidratio',
  OTEL_TRACES_SAMPLER_ARG: 1,
  OTEL_SDK_DISABLED: false,
  TRACES_CALLERS: 'link',
  TRACES_TENANT: false,
}

const open = async (variables: Partial<TraceVariables> = {}, answer?: () => number | undefined) => {
  const receiver = await startOtlpReceiver(answer)
  onTestFinished(() => receiver.close())
  const config = { ...DEFAULTS, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...variables }
  const tracing = (await openTracing(config, 'test')) as Tracing
  const { metrics, registry } = createMetrics('test')
  tracing.connect({ secrets: lastingSecrets, log: silence().log, metrics })
  return { receiver, tracing, registry }
}

const droppedBy = async ({ registry }: Pick<Awaited<ReturnType<typeof open>>, 'registry'>, reason: string) => {
  const text = await registry.metrics()
  return Number(new RegExp(`^muster_spans_dropped_total\\{.*reason="${reason}".*\\} (\\d+)`, 'm').exec(text)?.[1] ?? 0)
}

describeTracer('OpenTelemetry', async (ratio) => {
  const { receiver, tracing } = await open({ OTEL_TRACES_SAMPLER_ARG: ratio })
  const { tracer } = tracing
  let mark = 0
  return {
    tracer,
    async seen() {
      // What has ended so far was sent before this one, or with it.
      mark += 1
      const name = `mark ${mark}`
      tracer.begin(name, { parent: { traceparent: `00-${'1'.repeat(32)}-${'1'.repeat(16)}-01` } }).end()
      await vi.waitFor(() => expect(receiver.spans.some((span) => span.name === name)).toBe(true), WAIT)
      expect(receiver.faults).toEqual([])
      return receiver.spans
        .filter((span) => !span.name.startsWith('mark'))
        .map(({ traceId, spanId, parentSpanId, kind, links, attributes, failed, start, end, ...span }) => ({
          ...{ name: span.name, kind, traceId, spanId, parentSpanId, links, attributes, failed },
          durationMs: Number(end - start) / 1e6,
        }))
    },
  }
})

describe('the share that is recorded', () => {
  it('is about what is asked for', async () => {
    const { tracing } = await open({ OTEL_TRACES_SAMPLER_ARG: 0.2 })
    const recorded = Array.from({ length: 5_000 }, () => tracing.tracer.begin('a').recorded).filter(Boolean).length
    // Six standard deviations of a fair draw: 28 each.
    expect(Math.abs(recorded - 1_000)).toBeLessThan(170)
  })

  it.each([
    ['always_on', 0, true],
    ['parentbased_always_on', 0, true],
    ['always_off', 1, false],
    ['parentbased_always_off', 1, false],
    ['parentbased_traceidratio', 1, true],
  ])('of %s with %d: %s', async (sampler, ratio, recorded) => {
    const { tracing } = await open({ OTEL_TRACES_SAMPLER: sampler, OTEL_TRACES_SAMPLER_ARG: ratio })
    expect(tracing.tracer.begin('a').recorded).toBe(recorded)
  })
})

describe('sending', () => {
  it('connects to the receiver and to nothing else', async () => {
    const { receiver, tracing } = await open()
    const sockets = new Set<Socket>()
    const note = (message: unknown) => void sockets.add((message as { socket: Socket }).socket)
    subscribe('net.client.socket', note)
    onTestFinished(() => void unsubscribe('net.client.socket', note))
    const ports: (number | undefined)[] = []
    const sent = new Promise<void>((resolve) => {
      const look = setInterval(() => {
        for (const socket of sockets) if (socket.remotePort !== undefined) ports.push(socket.remotePort)
        if (receiver.spans.length > 0) {
          clearInterval(look)
          resolve()
        }
      }, 5)
    })
    tracing.tracer.begin('a').end()
    await sent
    await tracing.stop()
    expect(sockets.size).toBeGreaterThan(0)
    expect(new Set(ports)).toEqual(new Set([receiver.port]))
  })

  it('follows the headers in their file', async () => {
    const file = aSecretFile('key=one')
    const { secrets } = openSecrets({ OTEL_EXPORTER_OTLP_HEADERS_FILE: file.path })
    const { receiver, tracing } = await open({ OTEL_EXPORTER_OTLP_HEADERS: 'key=one' })
    tracing.connect({ secrets, ...silence() })
    const sendOne = async (count: number) => {
      tracing.tracer.begin('a').end()
      await vi.waitFor(() => expect(receiver.requests).toHaveLength(count), WAIT)
    }
    await sendOne(1)
    file.write('key=two,more=a%20b')
    secrets.look()
    await sendOne(2)
    file.write('nothing of the kind')
    secrets.look()
    await sendOne(3)
    expect(receiver.requests.map(({ headers }) => [headers.key, headers.more])).toEqual([
      ['one', undefined],
      ['two', 'a b'],
      ['two', 'a b'],
    ])
  })

  it('holds so many spans and no more while the receiver says nothing, and counts the others', async () => {
    const opened = await open({ OTEL_EXPORTER_OTLP_TIMEOUT: 60_000 }, () => undefined)
    for (let count = 0; count < 5_000; count += 1) opened.tracing.tracer.begin('a').end()
    expect(await droppedBy(opened, 'queue-full')).toBe(5_000 - 4_096)
  })

  it('counts what a receiver refuses, says so once, and once when it is well again', async () => {
    let status = 400
    const said: string[] = []
    const opened = await open({}, () => status)
    const { log, metrics } = silence()
    const hear = (_fields: object, message: string) => void said.push(message)
    const count = vi.fn<typeof metrics.count>()
    const told = {
      log: { ...log, info: hear, warn: hear, error: hear, child: () => log },
      metrics: { ...metrics, count },
    }
    opened.tracing.connect({ secrets: lastingSecrets, ...told })
    const send = async (callCount: number) => {
      opened.tracing.tracer.begin('a').end()
      await vi.waitFor(() => expect(opened.receiver.requests).toHaveLength(callCount), WAIT)
    }
    await send(1)
    await vi.waitFor(() => expect(count).toHaveBeenCalledTimes(1), WAIT)
    await send(2)
    await vi.waitFor(() => expect(count).toHaveBeenCalledTimes(2), WAIT)
    expect(count).toHaveBeenLastCalledWith('spans_dropped', { reason: 'export-failed' }, 1)
    status = 200
    await send(3)
    await vi.waitFor(() => expect(said).toHaveLength(2), WAIT)
    expect(said).toEqual(['traces cannot be sent: spans are dropped', 'traces can be sent again'])
  })

  it('ends in time though the receiver never answers', async () => {
    const { receiver, tracing } = await open({ OTEL_EXPORTER_OTLP_TIMEOUT: 60_000 }, () => undefined)
    tracing.tracer.begin('a').end()
    await tracing.stop()
    expect(receiver.requests).toHaveLength(1)
  })
})
