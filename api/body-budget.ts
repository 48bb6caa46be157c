import { totalmem } from 'node:os'
import { OverloadedError } from '../infra/http/request-error.ts'

/** Bodies held in memory over all requests, and a bound on them. */
export interface BodyBudget {
  /**
   * Room for a body, before a byte of it is read.
   * @param bytes it may have at most: what was announced
   * @returns gives the room back; harmless later and twice
   * @throws OverloadedError when there is none now
   */
  take(bytes: number): () => void
  /** is so little in use that bodies may be read only to see what is in them? */
  ample(): boolean
  usedBytes(): number
}

/** Bodies are short-lived: a place is free again within a moment, or a whole slow request later. */
const RETRY_AFTER_MS = 1_000
const AMPLE_RATIO = 0.5
/** A body is there as text and as bytes, and its picture decoded beside it. */
const MEMORY_SHARE = 1 / 8

/** The budget of a process nobody has told one, in bytes: a share of the memory it may use. */
export const budgetOfMemory = (constrainedBytes = process.constrainedMemory()): number =>
  Math.floor(Math.min(totalmem(), constrainedBytes || Number.POSITIVE_INFINITY) * MEMORY_SHARE)

/** @param limitBytes of all bodies together */
export const createBodyBudget = (limitBytes: number): BodyBudget => {
  let usedBytes = 0
  return {
    take(bytes) {
      if (usedBytes + bytes > limitBytes) throw new OverloadedError(RETRY_AFTER_MS)
      usedBytes += bytes
      let held = bytes
      return () => {
        usedBytes -= held
        held = 0
      }
    },
    ample: () => usedBytes < limitBytes * AMPLE_RATIO,
    usedBytes: () => usedBytes,
  }
}

/** What a request may bring at most: as announced, else all that its route takes. */
export const announcedBytes = (
  { 'content-length': length }: { readonly 'content-length'?: string | undefined },
  bodyLimit: number,
): number => Math.min(length === undefined ? bodyLimit : Number(length), bodyLimit)
