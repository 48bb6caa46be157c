import type { Logger } from '../ports/logger.ts'
import { IN_USE_MS, type ModelCache } from './cache.ts'

/** So often that several may be missed. */
const STILL_USED_MS = IN_USE_MS / 10

/** The folders that this process has in use, and says so for as long as it has. */
export class FolderUses {
  readonly #counts = new Map<string, number>()
  readonly #beat: NodeJS.Timeout

  constructor(cache: Pick<ModelCache, 'stillUsed'>, log: Logger) {
    this.#beat = setInterval(() => {
      for (const folder of this.#counts.keys())
        cache
          .stillUsed(folder)
          .catch((error: unknown) => log.warn({ error }, 'a folder of models cannot be marked as used'))
    }, STILL_USED_MS).unref()
  }

  take(folder: string): void {
    this.#counts.set(folder, (this.#counts.get(folder) ?? 0) + 1)
  }

  /** @returns whether nobody in this process uses it any more */
  give(folder: string): boolean {
    const count = (this.#counts.get(folder) ?? 0) - 1
    if (count > 0) this.#counts.set(folder, count)
    else this.#counts.delete(folder)
    return count <= 0
  }

  end(): void {
    clearInterval(this.#beat)
    this.#counts.clear()
  }
}
