import { randomUUID } from 'node:crypto'
import type { BlobEntry, BlobStore } from '../../infra/ports/blob-store.ts'

/** How a test changes the store it asks for. */
export interface BlobStoreChanges {
  /** another address in front of the same server */
  readonly endpoint?: string
  readonly timeoutMs?: number
  readonly wrongCredentials?: boolean
  readonly missingBucket?: boolean
}

/** One server (or folder) under test, with a bucket of its own. Its stores list a few objects a page. */
export interface BlobStoreBench {
  open(changes?: BlobStoreChanges): BlobStore
  /** `http://host:port` of the server; '' where there is none */
  readonly endpoint: string
  close(): Promise<void>
}

/** What the server behind an adapter is able to do; what it is not, is not asked of it. */
export interface BlobStoreTraits {
  /** there is a server: it can be slow, silent, or gone */
  readonly remote: boolean
  /** it refuses wrong keys */
  readonly verifiesKeys: boolean
  /** it refuses uploads that differ from what was signed, or come late */
  readonly verifiesUploads: boolean
  /** a stand-in that lists in no particular order and lets calls made at once collide */
  readonly standIn?: boolean
}

/** A prefix no other test uses. */
export const aPrefix = (): string => `test/${randomUUID()}`

/** Everything an async iterable gives. */
export const collect = async (entries: AsyncIterable<BlobEntry>): Promise<readonly BlobEntry[]> => {
  const all: BlobEntry[] = []
  for await (const entry of entries) all.push(entry)
  return all
}
