import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { SignedModel } from '../ports/model-store.ts'
import { hasDigest, writeWhole } from './cache-disk.ts'
import { type DownloadFrom, download } from './download.ts'

/**
 * Write models into a folder of the caller's own, as a models directory: to bake them into an image, or onto a disk. A
 * file that is there and whole is left alone.
 * @param models already verified; each has a role of its own
 * @returns bytes that were fetched
 * @throws ModelDamagedError, ModelCacheFullError, UnavailableError
 */
export const pullModels = async (
  from: DownloadFrom,
  models: readonly Pick<SignedModel, 'manifest'>[],
  folder: string,
): Promise<number> => {
  await mkdir(folder, { recursive: true })
  let fetched = 0
  for (const file of models.flatMap(({ manifest }) => manifest.files)) {
    const path = join(folder, file.file)
    if (await hasDigest(path, file.digest)) continue
    await download(from, file, path, folder)
    fetched += file.bytes
  }
  const document = { schema: 1, models: models.map(({ manifest }) => manifest.card) }
  const text = `${JSON.stringify(document, undefined, 2)}\n`
  await writeWhole(join(folder, 'manifest.json'), folder, text.length, (file) => file.writeFile(text))
  return fetched
}
