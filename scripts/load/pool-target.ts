import { join } from 'node:path'
import { DEFAULT_POOLS, type Pool, parsePools } from '../../infra/domain/pools.ts'
import { type CheckEnv, checkEnv } from '../check.ts'
import { NothingThereError, UsageError } from '../exit-code.ts'
import { withEnvFile } from '../stack/env-file.ts'
import { ROOT, stackFolder } from '../stack/folder.ts'

/** A pool to send checks to. */
export interface PoolTarget {
  readonly pool: Pool
  readonly env: CheckEnv
  readonly databaseUrl: string
  readonly samples: string
  /** where the node's supervisor listens, as far as that is known */
  readonly nodeUrl: string | undefined
}

/**
 * Find the pool and the stack that serves it.
 * @throws UsageError, NothingThereError
 */
export const poolTarget = (name: string, dir: string | undefined, url: string | undefined): PoolTarget => {
  const file = withEnvFile(stackFolder(dir).env, process.env)
  const known = Object.fromEntries(Object.entries(file).flatMap(([key, value]) => (value ? [[key, value]] : [])))
  const pools = parsePools(known.POOLS ?? DEFAULT_POOLS)
  const pool = pools.find((one) => one.name === name)
  if (!pool)
    throw new NothingThereError(`there is no pool ${name}: there are ${pools.map((one) => one.name).join(', ')}`)
  const env = checkEnv(url, process.env, known)
  if (env.url === undefined || env.apiKey === undefined || known.DATABASE_URL === undefined)
    throw new UsageError(
      'nothing to send checks to: ./muster up starts a stack; or set MUSTER_URL, MUSTER_API_KEY and DATABASE_URL',
    )
  return {
    pool,
    env: { url: env.url, apiKey: env.apiKey },
    databaseUrl: known.DATABASE_URL,
    samples: join(ROOT, 'test/fixtures'),
    nodeUrl: known.NODE_URL,
  }
}
