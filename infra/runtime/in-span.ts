import { AppError } from '../domain/errors.ts'
import type { SpanAttributes, Tracer } from '../ports/tracer.ts'

/** What a failure is called where few names may be used: our code, or the class of the error; never its message. */
export const errorTypeOf = (error: unknown): string =>
  error instanceof AppError ? error.code : error instanceof Error ? error.name : '_OTHER'

/** Do work in a span of its own under the active one. Where that is not recorded the work is done, and nothing else. */
export const inSpan = async <T>(
  tracer: Tracer,
  name: string,
  work: () => Promise<T>,
  attributes?: SpanAttributes,
): Promise<T> => {
  if (!tracer.active()?.recorded) return work()
  const span = tracer.begin(name, attributes && { attributes })
  try {
    return await tracer.within(span, work)
  } catch (error) {
    span.fail(errorTypeOf(error))
    throw error
  } finally {
    span.end()
  }
}
