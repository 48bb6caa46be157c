import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'pg'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { identify, isAlive, type ProcessRef, until } from '../../infra/local/process.ts'
import { readEnvFile } from '../../scripts/stack/env-file.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MUSTER = join(ROOT, 'scripts', 'muster.ts')
/** One small worker is enough to see a stack come and go. */
const ENV = { PATH: process.env.PATH, HOME: tmpdir(), NODE_WORKERS: 'liveness=1', NO_COLOR: '1' }

const dirs: string[] = []
let dir: string

const makeDir = (): string => {
  const made = mkdtempSync(join(tmpdir(), 'muster stack '))
  chmodSync(made, 0o755)
  dirs.push(made)
  return join(made, 'stack')
}

interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

const muster = (of: string, ...args: readonly string[]): Promise<Outcome> => musterWith({}, of, ...args)

const musterWith = (env: NodeJS.ProcessEnv, of: string, ...args: readonly string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, [MUSTER, '--dir', of, ...args], { env: { ...ENV, ...env } }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })

interface Part {
  readonly name: string
  readonly state: string
  readonly pid: number | null
}
interface Status {
  readonly state: string
  readonly url: string | null
  readonly pid: number | null
  readonly parts: readonly Part[]
}

const status = async (of: string): Promise<Status> =>
  JSON.parse((await muster(of, 'status', '--json')).stdout) as Status

/** Every process of a stack, so that a test can see each of them end. */
const processesOf = ({ pid, parts }: Status): readonly ProcessRef[] =>
  [pid, ...parts.map((part) => part.pid)].flatMap((each) => (each === null ? [] : (identify(each) ?? [])))

const partOf = ({ parts }: Status, name: string): Part | undefined => parts.find((part) => part.name === name)

beforeEach(() => {
  dir = makeDir()
})
afterEach(async () => {
  for (const made of dirs.splice(0)) {
    await muster(join(made, 'stack'), 'down')
    rmSync(made, { recursive: true, force: true })
  }
})

describe('./muster up --detach', () => {
  it('comes back when everything answers; down ends all of it and keeps key, ports and data', async () => {
    const first = await muster(dir, 'up', '--detach', '--no-check')
    expect(first.stderr).toContain('Muster is up')
    expect(first.stderr).toMatch(/^doctor: (?!.*problem).+ checks?\b/m)
    expect(first.code).toBe(0)
    const running = await status(dir)
    expect(running.state).toBe('running')
    expect(running.parts.map(({ state }) => state)).toEqual(Array(6).fill('running'))

    const envPath = join(dir, 'env')
    expect(statSync(envPath).mode & 0o777).toBe(0o600)
    const env = readEnvFile(envPath)
    expect(first.stdout).toContain(env.MUSTER_API_KEY)
    const models = await fetch(`${env.MUSTER_URL}/v1/models`, {
      headers: { authorization: `Bearer ${env.MUSTER_API_KEY}` },
    })
    expect(models.status).toBe(200)

    const again = await muster(dir, 'up', '--detach', '--no-check')
    expect(again.stdout).toContain(env.MUSTER_API_KEY)
    expect(await status(dir)).toEqual(running)
    expect((await muster(dir, 'logs', 'api', '-n', '1')).stdout).toContain('"service":"api"')

    const processes = processesOf(running)
    expect(processes).toHaveLength(7)
    const down = await muster(dir, 'down')
    expect(down).toMatchObject({ code: 0, stderr: expect.stringContaining('stopped: stack') })
    expect(processes.filter(isAlive)).toEqual([])
    expect((await status(dir)).state).toBe('stopped')

    expect((await muster(dir, 'up', '--detach', '--no-check')).code).toBe(0)
    expect(readEnvFile(envPath)).toEqual(env)
  })

  it('tries all three checks with sample pictures', async () => {
    const { code, stdout } = await musterWith({ NODE_WORKERS: '' }, dir, 'up', '--detach')
    for (const check of ['face-match', 'liveness', 'ocr']) expect(stdout).toMatch(new RegExp(`^${check} `, 'm'))
    expect(stdout).not.toContain('FAILED')
    expect(code).toBe(0)
  })

  it('starts a part again that was killed, and recovers when it was killed itself', async () => {
    await muster(dir, 'up', '--detach', '--no-check')
    const before = await status(dir)
    const kill = (name: string) => process.kill(partOf(before, name)?.pid ?? 0, 'SIGKILL')
    kill('api')
    kill('redis')
    const isBack = async () => {
      const now = await status(dir)
      const fresh = (name: string) => partOf(now, name)?.pid !== partOf(before, name)?.pid
      return now.state === 'running' && fresh('api') && fresh('redis')
    }
    expect(await until(isBack, 60_000, 250)).toBe(true)
    const log = (await muster(dir, 'logs', 'stack')).stdout
    expect(log).toContain('warn api was ended by SIGKILL and is started again')
    expect(log).toContain('warn Redis ended by itself and is started again')

    const running = await status(dir)
    const processes = processesOf(running)
    process.kill(running.pid ?? 0, 'SIGKILL')
    expect(await until(async () => (await status(dir)).state === 'degraded', 10_000, 100)).toBe(true)
    expect((await muster(dir, 'up', '--detach', '--no-check')).code).toBe(0)
    const recovered = await status(dir)
    expect(recovered.state).toBe('running')
    // The servers were found as they were; services of the old stack have gone, so that no two serve one queue.
    expect(partOf(recovered, 'postgres')?.pid).toBe(partOf(running, 'postgres')?.pid)
    const services = ['api', 'worker', 'autoscaler'].map((name) => partOf(running, name)?.pid)
    const left = () => processes.filter(({ pid }) => services.includes(pid)).filter(isAlive)
    expect(await until(() => left().length === 0, 30_000)).toBe(true)
  })
})

describe('a stack with servers given by URL', () => {
  it('uses them, starts none, and leaves them running', async () => {
    const { DATABASE_URL, RABBITMQ_URL, REDIS_URL } = process.env
    const env = { DATABASE_URL, RABBITMQ_URL, REDIS_URL, STORAGE_URL: `file://${tmpdir()}/muster-given-${process.pid}` }
    const up = await musterWith(env, dir, 'up', '--detach', '--no-check')
    expect(up.stderr).toContain('Muster is up')
    const { state, parts } = await status(dir)
    expect(state).toBe('running')
    expect(parts.slice(3).map((part) => part.state)).toEqual(Array(3).fill('given by URL'))
    expect(readEnvFile(join(dir, 'env'))).toMatchObject(env)
    await muster(dir, 'down')
    const database = new Client({ connectionString: DATABASE_URL })
    await database.connect()
    await database.end()
  })
})

describe('two stacks of one checkout', () => {
  it('run side by side, and one ends without the other', async () => {
    const other = makeDir()
    const codes = await Promise.all([dir, other].map((of) => muster(of, 'up', '--detach', '--no-check')))
    expect(codes.map(({ code }) => code)).toEqual([0, 0])
    const [here, there] = await Promise.all([status(dir), status(other)])
    expect(here.url).not.toBe(there.url)
    await muster(dir, 'down')
    expect(await status(other)).toEqual(there)
  })
})

describe('./muster up in the foreground', () => {
  const start = (): { child: ChildProcess; said: () => string } => {
    const child = spawn(process.execPath, [MUSTER, '--dir', dir, 'up', '--no-check'], { env: ENV, stdio: 'pipe' })
    let text = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk
    })
    return { child, said: () => text }
  }

  it('runs until Ctrl-C, and then ends everything it started', async () => {
    const { child, said } = start()
    expect(await until(() => said().includes('Ctrl-C stops it'), 90_000)).toBe(true)
    const processes = processesOf(await status(dir))
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(processes.filter(isAlive)).toEqual([])
    expect(existsSync(join(dir, 'stack.json'))).toBe(false)
  })

  it('ends what it had started when Ctrl-C comes while it starts', async () => {
    const { child, said } = start()
    expect(await until(() => said().includes('Redis started'), 60_000)).toBe(true)
    child.kill('SIGINT')
    const [code] = await once(child, 'exit')
    expect(code).toBe(0)
    expect(said()).toContain('stopped')
    expect((await status(dir)).parts.filter(({ pid }) => pid !== null)).toEqual([])
  })

  it('says why it cannot start, and leaves nothing running', async () => {
    const args = [MUSTER, '--dir', dir, 'up', '--no-check']
    const env = { ...ENV, NODE_MAX_WORKERS: 'many' }
    const child = spawn(process.execPath, args, { env, stdio: 'pipe' })
    const said: Buffer[] = []
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk))
    const [code] = await once(child, 'exit')
    expect(code).toBe(5)
    expect(Buffer.concat(said).toString()).toMatch(
      /muster: worker ended with 1; .*NODE_MAX_WORKERS.*\(log: .*worker\.log\)/,
    )
    expect((await status(dir)).state).toBe('stopped')
  })
})
