import { describeBlobStore } from '../../../contract/blob-store.ts'
import { openMinio } from '../../../contract/blob-store-openers.ts'
import { startS3Server } from '../../../fakes/s3-server.ts'

const ACCOUNT = { accessKeyId: 'MUSTERTEST', secretAccessKey: 'a-secret-that-opens-nothing', region: 'eu-central-1' }
const BUCKET = 'pictures'

describeBlobStore(
  'minio, a strict server',
  async () => {
    const { endpoint, close } = await startS3Server(ACCOUNT, BUCKET)
    const place = { endpoint, bucket: BUCKET, region: ACCOUNT.region, credentials: ACCOUNT }
    return { endpoint, open: (changes) => openMinio(place, changes), close }
  },
  { remote: true, verifiesKeys: true, verifiesUploads: true },
)
