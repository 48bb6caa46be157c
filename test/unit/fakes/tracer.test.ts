import { spanIdOf, traceIdOf } from '../../../infra/domain/trace-context.ts'
import { describeTracer } from '../../contract/tracer.ts'
import { createMemoryTracer } from '../../fakes/tracer.ts'

const idsOf = (context: { traceparent: string }) => ({ traceId: traceIdOf(context), spanId: spanIdOf(context) })

describeTracer('memory', async (ratio) => {
  const { tracer, spans } = createMemoryTracer(() => ratio === 1)
  const seen = async () =>
    spans.map(({ name, kind, context, parent, links, attributes, error, startedAt, endedAt }) => ({
      ...{ name, kind, attributes },
      ...idsOf(context),
      parentSpanId: parent && spanIdOf({ traceparent: parent }),
      links: links.map(idsOf),
      failed: error !== undefined,
      durationMs: endedAt - startedAt,
    }))
  return { tracer, seen }
})
