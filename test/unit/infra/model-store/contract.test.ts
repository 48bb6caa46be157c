import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import { openMinio, openS3 } from '../../../contract/blob-store-openers.ts'
import { describeModelStore } from '../../../contract/model-store.ts'
import { startS3Server } from '../../../fakes/s3-server.ts'
import { createModelSite } from '../../../fixtures/model-site.ts'

const ACCOUNT = { accessKeyId: 'MUSTERTEST', secretAccessKey: 'a-secret-that-opens-nothing', region: 'eu-central-1' }
const BUCKET = 'models'

const onFiles = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-models-'))
  const { store } = openBlobStore(pathToFileURL(dir).href)
  return createModelSite(store, () => rm(dir, { recursive: true }))
}

const onServer = (open: typeof openS3) => async () => {
  const { endpoint, close } = await startS3Server(ACCOUNT, BUCKET)
  const blobs = open({ endpoint, bucket: BUCKET, region: ACCOUNT.region, credentials: ACCOUNT })
  return createModelSite(blobs, async () => {
    await blobs.close()
    await close()
  })
}

describeModelStore('object storage in files', onFiles)
describeModelStore('object storage by s3', onServer(openS3))
describeModelStore('object storage by minio', onServer(openMinio))
