import type { Logger } from '../../infra/ports/logger.ts'
import { type PageFiles, readPageFiles } from './page-files.ts'

/** The console, or none where its files cannot be read: nodes are counted whether somebody can look at them or not. */
export const openPage = (log: Logger, read: () => Promise<PageFiles> = readPageFiles): Promise<PageFiles> =>
  read().catch((error: unknown) => {
    log.error({ error }, 'the console cannot be read; all else goes on without it')
    return new Map()
  })
