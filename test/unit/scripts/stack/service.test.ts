import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { isAlive, type ProcessRef, signal, until } from '../../../../infra/local/process.ts'
import { type Service, ServiceFailedError, startService } from '../../../../scripts/stack/service.ts'

let dir: string
let logPath: string
const services: Service[] = []
const warnings: string[] = []
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-service-'))
  logPath = join(dir, 'api.log')
  warnings.length = 0
})
afterEach(async () => {
  for (const service of services.splice(0)) await service.stop()
  rmSync(dir, { recursive: true, force: true })
})

const start = (script: string, onChange: (ref: ProcessRef | undefined) => void = () => {}): Service => {
  const entry = join(dir, 'program.mjs')
  writeFileSync(entry, script)
  const plan = { name: 'api' as const, entry, env: { WORD: 'hello' }, logPath, stopTimeoutMs: 5_000 }
  const service = startService(plan, onChange, (line) => warnings.push(line))
  services.push(service)
  return service
}
const logged = (text: string) =>
  until(() => {
    try {
      return readFileSync(logPath, 'utf8').includes(text)
    } catch {
      return false
    }
  }, 10_000)

const RUNS = `console.log('up ' + process.env.WORD); setInterval(() => {}, 1000)`

it('runs the program with its environment and its log, and ends it in order', async () => {
  const service = start(`process.on('SIGTERM', () => { console.log('drained'); process.exit(0) }); ${RUNS}`)
  expect(await logged('up hello')).toBe(true)
  const ref = service.process()
  expect(isAlive(ref)).toBe(true)
  await service.stop()
  expect(isAlive(ref)).toBe(false)
  expect(readFileSync(logPath, 'utf8')).toContain('drained')
  expect(warnings).toEqual([])
})

it('fails with the telling lines of the log when the program ends before it was ready', async () => {
  const service = start(`console.error('starting'); throw new Error('the port is taken')`)
  const failure = await service.failed.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(ServiceFailedError)
  expect((failure as Error).message).toBe(`api ended with 1; Error: the port is taken (log: ${logPath})`)
})

it('says in words what a program logged as JSON', async () => {
  const line = JSON.stringify({ level: 'error', msg: 'process failed', error: { name: 'ConfigError', message: 'bad' } })
  const service = start(`console.log(${JSON.stringify(line)}); process.exit(1)`)
  await expect(service.failed).rejects.toThrow('api ended with 1; process failed: bad')
})

it('starts a program again that ends by itself later, and says so', async () => {
  const seen: (ProcessRef | undefined)[] = []
  const service = start(RUNS, (ref) => seen.push(ref))
  await logged('up hello')
  service.settled()
  const first = service.process()
  if (!first) throw new Error('it does not run')
  signal(first, 'SIGKILL')
  expect(await until(() => seen.length === 3, 15_000)).toBe(true)
  expect(warnings[0]).toBe('api was ended by SIGKILL and is started again')
  expect(seen.map((ref) => ref !== undefined)).toEqual([true, false, true])
  expect(service.process()?.pid).not.toBe(first.pid)
})

it('does not start it again after it was stopped', async () => {
  const seen: (ProcessRef | undefined)[] = []
  const service = start(RUNS, (ref) => seen.push(ref))
  await logged('up hello')
  service.settled()
  await service.stop()
  expect(await until(() => seen.length === 2, 5_000)).toBe(true)
  expect(service.process()).toBeUndefined()
})

it('tells the program when we have gone', async () => {
  start(`process.on('disconnect', () => console.log('alone')); process.disconnect(); ${RUNS}`)
  expect(await logged('alone')).toBe(true)
})
