/** Bytes on the disk, told apart by what they are: several names may stand for the same. */
export interface HeldBytes {
  readonly id: string
  readonly bytes: number
}

/** A folder that somebody obtained. */
export interface CacheFolder {
  readonly path: string
  /** epoch ms; who has it in use says so again and again */
  readonly usedAt: number
  readonly holds: readonly HeldBytes[]
}

/** A file by its digest, for folders to come. */
export interface CacheFile extends HeldBytes {
  readonly path: string
  /** epoch ms */
  readonly modifiedAt: number
}

/** What a cache may take, and since when nobody uses a thing any more. */
export interface EvictionLimits {
  readonly maxBytes: number
  readonly now: number
  readonly inUseMs: number
}

const sizeOf = (folders: readonly CacheFolder[], files: readonly CacheFile[]): number => {
  const bytes = new Map([...folders.flatMap(({ holds }) => holds), ...files].map(({ id, bytes: some }) => [id, some]))
  return [...bytes.values()].reduce((sum, some) => sum + some, 0)
}

/**
 * What to remove so that the cache takes no more than it may: first files that no folder holds, then folders by least
 * recent use with the files that only they held. Pure.
 * @returns paths; nothing that was used within `inUseMs` is among them, even if the cache stays too large
 */
export const planEviction = (
  folders: readonly CacheFolder[],
  files: readonly CacheFile[],
  { maxBytes, now, inUseMs }: EvictionLimits,
): { readonly folders: readonly string[]; readonly files: readonly string[] } => {
  const idle = (at: number): boolean => now - at > inUseMs
  const candidates = folders.filter(({ usedAt }) => idle(usedAt)).sort((a, b) => a.usedAt - b.usedAt)
  let keptFolders = folders
  let keptFiles = files
  const dropLooseFiles = (): void => {
    const held = new Set(keptFolders.flatMap(({ holds }) => holds.map(({ id }) => id)))
    const loose = keptFiles.filter(({ id, modifiedAt }) => !held.has(id) && idle(modifiedAt))
    for (const file of loose.sort((a, b) => a.modifiedAt - b.modifiedAt)) {
      if (sizeOf(keptFolders, keptFiles) <= maxBytes) return
      keptFiles = keptFiles.filter((candidate) => candidate !== file)
    }
  }
  dropLooseFiles()
  for (const folder of candidates) {
    if (sizeOf(keptFolders, keptFiles) <= maxBytes) break
    keptFolders = keptFolders.filter((candidate) => candidate !== folder)
    dropLooseFiles()
  }
  return {
    folders: folders.filter((folder) => !keptFolders.includes(folder)).map(({ path }) => path),
    files: files.filter((file) => !keptFiles.includes(file)).map(({ path }) => path),
  }
}
