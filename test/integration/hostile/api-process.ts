import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, vi } from 'vitest'
import { freePort } from '../../../infra/local/ports.ts'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { setUpBroker } from '../../../infra/rabbitmq/set-up.ts'
import { createKey } from '../../../scripts/keys.ts'
import { ownDatabase } from '../../fixtures/own-database.ts'
import { silence } from '../../fixtures/silence.ts'

const MAIN = fileURLToPath(new URL('../../../api/main.ts', import.meta.url))
const env = (name: string): string => process.env[name] as string

/** A whole api process on the real servers, to be attacked from outside. */
export interface ApiProcess {
  readonly url: string
  readonly port: number
  /** valid keys of tenant `attacked`: of a submitter, and of its administrator */
  readonly key: string
  readonly adminKey: string
  /** lines written so far */
  log(): readonly string[]
  /** resident memory now */
  rssBytes(): number
  /** does it still answer a caller, and without having started again? */
  expectWell(): Promise<void>
  stop(): Promise<void>
}

const rssOf = (pid: number): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024

/** @param overrides of its environment */
export const startApiProcess = async (overrides: Readonly<Record<string, string>> = {}): Promise<ApiProcess> => {
  const pool = `hostile-${crypto.randomUUID().slice(0, 8)}`
  // Its own: what other tests have left in the common one, for example calls to receivers under other keys, is no fault of it.
  const database = await ownDatabase('hostile')
  await migrate(database.url, silence().log)
  await setUpBroker(env('RABBITMQ_URL'), [pool])
  const folder = await mkdtemp(join(tmpdir(), 'muster-hostile-'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const child = spawn(process.execPath, [MAIN], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      DATABASE_URL: database.url,
      RABBITMQ_URL: env('RABBITMQ_URL'),
      REDIS_URL: env('REDIS_URL'),
      STORAGE_URL: pathToFileURL(folder).href,
      UPLOAD_SECRET: 'x'.repeat(32),
      ENCRYPTION: 'off',
      API_PUBLIC_URL: url,
      API_PORT: String(port),
      API_SHUTDOWN_DELAY_MS: '0',
      POOLS: `${pool}=face-match,liveness,ocr`,
      ...overrides,
    },
  })
  const exited = once(child, 'close')
  const chunks: string[] = []
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => chunks.push(text))
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await exited
    await rm(folder, { recursive: true, force: true })
    await database.drop()
  }
  const expectWell = async (): Promise<void> => {
    expect(child.exitCode).toBeNull()
    const answer = await fetch(`${url}/readyz`)
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }])
  }
  try {
    const ended = exited.then(() => Promise.reject(new Error('it ended')))
    await Promise.race([vi.waitFor(expectWell, { timeout: 60_000, interval: 100 }), ended])
  } catch (error) {
    await stop()
    throw new Error(`the api did not start: ${chunks.join('')}`, { cause: error })
  }
  const [key, adminKey] = await Promise.all(
    (['submitter', 'admin'] as const).map((role) =>
      createKey(database.url, { tenant: 'attacked', name: 'hostile', role }),
    ),
  )
  const pid = child.pid as number
  const log = (): readonly string[] => chunks.join('').split('\n').filter(Boolean)
  return {
    url,
    port,
    key: key as string,
    adminKey: adminKey as string,
    log,
    rssBytes: () => rssOf(pid),
    expectWell,
    stop,
  }
}
