import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import { describeModelStore } from '../../../contract/model-store.ts'
import { createMemoryBlobStore } from '../../../fakes/blob-store.ts'
import { createModelSite } from '../../../fixtures/model-site.ts'

const onFiles = async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-models-'))
  const { store } = openBlobStore(pathToFileURL(dir).href)
  return createModelSite(store, () => rm(dir, { recursive: true }))
}

describeModelStore('object storage in memory', () => createModelSite(createMemoryBlobStore()))
describeModelStore('object storage in files', onFiles)
