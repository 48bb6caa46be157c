import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import sharp from 'sharp'
import { vi } from 'vitest'
import { freePort } from '../../infra/local/ports.ts'
import { migrate } from '../../infra/postgres/migrate.ts'
import { setUpBroker } from '../../infra/rabbitmq/set-up.ts'
import { createKey } from '../../scripts/keys.ts'
import { TEST_KEYS } from '../fixtures/encryption.ts'
import { ownDatabase } from '../fixtures/own-database.ts'
import { silence } from '../fixtures/silence.ts'

const PATIENT = { timeout: 60_000, interval: 100 }

/** One process of Muster. */
export interface Started {
  readonly child: ChildProcess
  /** JSON lines it wrote */
  log(): readonly Readonly<Record<string, unknown>>[]
  /** its metrics, as they are now */
  metrics(): Promise<string>
  /** SIGTERM, and wait. @returns its exit code */
  stop(): Promise<number | null>
}

/** What a check answered. */
export interface Answer {
  readonly status: number
  readonly requestId: string | null
  readonly job: { readonly id: string; readonly status: string; readonly attempts: number }
}

/** Api and worker processes on the tests' servers, which send their traces to one receiver. */
export const openTracedStack = async (receiverUrl: string) => {
  const pool = `traced-${crypto.randomUUID().slice(0, 8)}`
  const database = await ownDatabase('traced')
  await migrate(database.url, silence().log)
  await setUpBroker(process.env.RABBITMQ_URL as string, [pool])
  const key = await createKey(database.url, { tenant: 'traced-tenant', name: 'traces' })
  const folder = await mkdtemp(join(tmpdir(), 'muster-traced-'))
  const taskModule = new URL('./traced-task.ts', import.meta.url)
  taskModule.searchParams.set('once', join(folder, 'failed-once'))
  const processes: Started[] = []
  const env = {
    PATH: process.env.PATH ?? '',
    DATABASE_URL: database.url,
    RABBITMQ_URL: process.env.RABBITMQ_URL as string,
    REDIS_URL: process.env.REDIS_URL as string,
    STORAGE_URL: pathToFileURL(join(folder, 'pictures')).href,
    UPLOAD_SECRET: 'x'.repeat(32),
    ENCRYPTION_KEYS: TEST_KEYS,
    POOLS: `${pool}=liveness`,
    MODELS_DIR: folder,
    API_PUBLIC_URL: 'http://127.0.0.1',
    API_SHUTDOWN_DELAY_MS: '0',
    WORKER_POOL: pool,
    WORKER_TASK_MODULE: taskModule.href,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiverUrl,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-traces-key=let%20me%20in',
    OTEL_EXPORTER_OTLP_TIMEOUT: '500',
    OTEL_BSP_SCHEDULE_DELAY: '50',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    OTEL_TRACES_SAMPLER_ARG: '1',
  }

  const start = async (
    program: string,
    adminPort: number,
    more: Readonly<Record<string, string>>,
  ): Promise<Started> => {
    const path = fileURLToPath(new URL(`../../${program}`, import.meta.url))
    const child = spawn(process.execPath, [path], { stdio: ['ignore', 'pipe', 'inherit'], env: { ...env, ...more } })
    const ended = once(child, 'close')
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
    })
    const admin = `http://127.0.0.1:${adminPort}`
    const started: Started = {
      child,
      log: () => text.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Record<string, unknown>] : [])),
      metrics: async () => (await fetch(`${admin}/metrics`)).text(),
      async stop() {
        child.kill('SIGTERM')
        await ended
        return child.exitCode
      },
    }
    processes.push(started)
    await vi.waitFor(async () => {
      if (child.exitCode !== null) throw new Error(`${program} ended: ${text}`)
      if ((await fetch(`${admin}/readyz`)).status !== 200) throw new Error('not ready')
    }, PATIENT)
    return started
  }

  return {
    pool,
    key,
    database: database.url,
    async startApi(more: Readonly<Record<string, string>> = {}) {
      const [port, adminPort] = [await freePort(), await freePort()]
      const ports = { API_PORT: String(port), API_METRICS_PORT: String(adminPort) }
      return { ...(await start('api/main.ts', adminPort, { ...ports, ...more })), url: `http://127.0.0.1:${port}` }
    },
    async startWorker(index: number, more: Readonly<Record<string, string>> = {}) {
      const adminPort = await freePort()
      const own = { WORKER_INDEX: String(index), WORKER_ADMIN_PORT: String(adminPort) }
      return start('worker/main.ts', adminPort, { ...own, ...more })
    },
    /** @param width of the picture, by which the model knows what to do */
    async check(url: string, headers: Readonly<Record<string, string>> = {}, width = 64): Promise<Answer> {
      const create = { width, height: 64, channels: 3, background: '#888' } as const
      const picture = await sharp({ create }).jpeg().toBuffer()
      const form = new FormData()
      form.append('subject', 'traced-subject')
      form.append('image', new Blob([Uint8Array.from(picture)], { type: 'image/jpeg' }), 'traced-file.jpg')
      const authorized = { authorization: `Bearer ${key}`, prefer: 'wait=60', ...headers }
      const answer = await fetch(`${url}/v1/liveness`, { method: 'POST', headers: authorized, body: form })
      const job = (await answer.json()) as Answer['job']
      return { status: answer.status, requestId: answer.headers.get('x-request-id'), job }
    },
    async close(): Promise<void> {
      for (const { child } of processes) child.kill('SIGKILL')
      await rm(folder, { recursive: true, force: true })
      await database.drop()
    },
  }
}
