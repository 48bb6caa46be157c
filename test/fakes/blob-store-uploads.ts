import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BlobStore } from '../../infra/ports/blob-store.ts'
import type { UploadGate } from '../../infra/ports/upload-gate.ts'
import { wholeBody } from './whole-body.ts'

/** Takes uploads for a store that signs them itself, as the api does: the least that honours the gate. */
export interface UploadServer {
  readonly publicUrl: string
  serve(store: BlobStore, gate: UploadGate): void
  close(): Promise<void>
}

/** Listens first, so that its address can go into the store it will serve. */
export const startUploadServer = async (): Promise<UploadServer> => {
  let served: { store: BlobStore; gate: UploadGate } | undefined
  const server = createServer(async (incoming, response) => {
    const answer = (status: number) => response.writeHead(status).end()
    const query = Object.fromEntries(new URL(incoming.url ?? '', 'http://any').searchParams)
    const grant = served?.gate.open(query, Date.now())
    const body = await wholeBody(incoming)
    if (!body) return
    if (!served || !grant || incoming.method !== 'PUT') return answer(403)
    if (incoming.headers['content-type'] !== grant.contentType) return answer(415)
    if (body.length > grant.maxBytes) return answer(413)
    await served.store.put(grant.key, body, grant.contentType)
    return answer(204)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    publicUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    serve(store, gate) {
      served = { store, gate }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
