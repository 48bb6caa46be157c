import type { BlobStore } from '../ports/blob-store.ts'
import type { JobStore } from '../ports/job-store.ts'
import type { PictureCodec } from '../ports/picture-codec.ts'
import type { SpanAttributes, Tracer } from '../ports/tracer.ts'
import type { Around } from '../runtime/around.ts'
import { errorTypeOf, inSpan } from '../runtime/in-span.ts'

/** What the claim answered is what a reader looks for first. */
const claimed = async (tracer: Tracer, jobs: JobStore, request: Parameters<JobStore['claim']>[0]) => {
  const parent = tracer.active()
  if (!parent?.recorded) return jobs.claim(request)
  const span = tracer.begin('claim')
  try {
    const claim = await jobs.claim(request)
    const attributes: SpanAttributes = {
      'muster.claim': claim.kind,
      ...(claim.kind === 'claimed' && { 'muster.job.attempt': claim.job.attempt }),
    }
    span.set(attributes)
    parent.set(attributes)
    return claim
  } catch (error) {
    span.fail(errorTypeOf(error))
    throw error
  } finally {
    span.end()
  }
}

const tracedJobs = (tracer: Tracer, jobs: JobStore): JobStore => ({
  ...jobs,
  insert: (job) => inSpan(tracer, 'insert', () => jobs.insert(job)),
  claim: (request) => claimed(tracer, jobs, request),
  finish: (outcome) => inSpan(tracer, 'write', () => jobs.finish(outcome), { 'muster.job.state': outcome.state }),
  release: (lease, spend) => inSpan(tracer, 'release', () => jobs.release(lease, spend), { 'muster.spend': spend }),
})

/** Keys of pictures hold no more than ids, but a span needs none of them. */
const tracedBlobs = (tracer: Tracer, blobs: BlobStore): BlobStore => ({
  ...blobs,
  put: (...args) => inSpan(tracer, 'put', () => blobs.put(...args)),
  get: (...args) => inSpan(tracer, 'fetch', () => blobs.get(...args)),
})

const tracedCodec = (tracer: Tracer, codec: PictureCodec): PictureCodec => ({
  ...codec,
  decode: (bytes, name) => inSpan(tracer, 'decode', () => codec.decode(bytes, name), { 'muster.picture': name }),
})

/** The ports whose calls are steps of a check's way, by name; others are left as they are. */
export const tracedPorts = (tracer: Tracer): Around => {
  const traced: Readonly<Record<string, (adapter: never) => object>> = {
    jobs: (jobs: JobStore) => tracedJobs(tracer, jobs),
    blobs: (blobs: BlobStore) => tracedBlobs(tracer, blobs),
    codec: (codec: PictureCodec) => tracedCodec(tracer, codec),
  }
  return <T extends object>(name: string, adapter: T): T => (traced[name]?.(adapter as never) ?? adapter) as T
}
