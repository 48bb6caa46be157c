import type { Span, Tracer } from '../infra/ports/tracer.ts'
import { inSpan } from '../infra/runtime/in-span.ts'
import type { Completions, Waiter } from './completions.ts'
import type { PictureStore } from './store-pictures.ts'

/** Checking, sealing and storing a request's pictures, as one step of it. */
export const tracedPictures = (tracer: Tracer, pictures: PictureStore): PictureStore => ({
  ...pictures,
  store: (...args) => inSpan(tracer, 'store', () => pictures.store(...args)),
})

/** Completions that know which span waits for which job. */
export interface TracedCompletions extends Completions {
  /** of one who waits for this job and is recorded; the first of several */
  spanOf(jobId: string): Span | undefined
}

/** Every wait is a step of its request, from when it is announced until it is over. */
export const tracedCompletions = (tracer: Tracer, completions: Completions): TracedCompletions => {
  const waits = new Map<string, Set<Span>>()

  const follow = (jobId: string, waiter: Waiter): Waiter => {
    const span = tracer.begin('wait')
    const beside = waits.get(jobId) ?? new Set()
    waits.set(jobId, beside.add(span))
    return {
      ...waiter,
      leave() {
        waiter.leave()
        if (!beside.delete(span)) return
        if (beside.size === 0 && waits.get(jobId) === beside) waits.delete(jobId)
        span.end()
      },
    }
  }

  return {
    ...completions,
    wait(jobId) {
      const waiter = completions.wait(jobId)
      return tracer.active()?.recorded ? follow(jobId, waiter) : waiter
    },
    spanOf: (jobId) => waits.get(jobId)?.values().next().value,
  }
}
