import { JobNotFoundError } from '../infra/domain/errors.ts'
import { isFinal } from '../infra/domain/job.ts'
import type { BlobStore } from '../infra/ports/blob-store.ts'
import type { JobStore } from '../infra/ports/job-store.ts'
import type { Logger } from '../infra/ports/logger.ts'
import type { ResultCache } from '../infra/ports/result-cache.ts'
import type { Completions } from './completions.ts'

/**
 * Erase a job's pictures and result, for good. May be repeated: after an error, call it again until it succeeds.
 * @throws JobNotFoundError also for a job of another tenant
 * @throws UnavailableError, StorageDeniedError when not everything could be erased
 */
export type EraseJob = (tenant: string, id: string) => Promise<void>

/** What erasing needs. */
export interface EraseDeps {
  readonly jobs: Pick<JobStore, 'find' | 'erase'>
  readonly blobs: Pick<BlobStore, 'delete'>
  readonly cache: Pick<ResultCache, 'drop'>
  readonly completions: Pick<Completions, 'deliver'>
  readonly log: Logger
}

/** Builds the use case. */
export const createEraseJob =
  ({ jobs, blobs, cache, completions, log }: EraseDeps): EraseJob =>
  async (tenant, id) => {
    const job = await jobs.find(tenant, id)
    if (!job) throw new JobNotFoundError(id)
    // The pictures first: once the row has forgotten their keys, nothing but the sweep would find them.
    await Promise.all(job.input.pictures.map(({ key }) => blobs.delete(key)))
    const erased = await jobs.erase(tenant, id)
    if (erased.kind === 'missing') throw new JobNotFoundError(id)
    await cache.drop(tenant, id)
    completions.deliver({ id, state: isFinal(job.state) ? job.state : 'canceled' })
    log.info({ jobId: id, pictureCount: job.input.pictures.length }, 'job erased')
  }
