import { describeBlobStore } from '../../../contract/blob-store.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { startUploadServer } from '../../../fakes/blob-store-uploads.ts'

describeBlobStore(
  'memory (the fake)',
  async () => {
    const server = await startUploadServer()
    const store = createMemoryBlobStore(server.publicUrl)
    server.serve(store, store.gate)
    return { open: () => store, endpoint: '', close: server.close }
  },
  { remote: false, verifiesKeys: false, verifiesUploads: true },
)
