import { readFileSync } from 'node:fs'

/** The release that this process is of, for example `0.2.0`. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version
