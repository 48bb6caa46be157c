import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import { freePort, freePorts, isFree, reservePorts } from '../../../../infra/local/ports.ts'

const PORTS = new URL('../../../../infra/local/ports.ts', import.meta.url).href
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

const occupy = async (): Promise<number> => {
  const server = createServer()
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as { port: number }).port
}

it('tells a taken port from a free one', async () => {
  const taken = await occupy()
  expect(await isFree(taken)).toBe(false)
  expect(await isFree(await freePort())).toBe(true)
})

it('keeps a preferred port that is free and replaces one that is taken', async () => {
  const free = await freePort()
  expect(await freePort(free)).toBe(free)
  const taken = await occupy()
  expect(await freePort(taken)).not.toBe(taken)
})

it('stays below the ports that outgoing connections get', async () => {
  expect(await freePort()).toBeLessThan(32_768)
})

it('gives every name a port of its own, also when two prefer the same', async () => {
  const wanted = await freePort()
  const ports = await freePorts(['one', 'two', 'three'], { one: wanted, two: wanted })
  expect(ports.one).toBe(wanted)
  expect(new Set(Object.values(ports)).size).toBe(3)
})

it('reserves a port against every other process until this one ends', async () => {
  const { mine = 0 } = await reservePorts(['mine'], {})
  expect(await reservePorts(['again'], { again: mine })).toEqual({ again: mine })
  const script = `
    const { reservePorts } = await import(${JSON.stringify(PORTS)})
    const { theirs } = await reservePorts(['theirs'], { theirs: ${mine} })
    console.log(theirs)`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script])
  expect(Number(stdout)).toBeGreaterThan(0)
  expect(Number(stdout)).not.toBe(mine)
})
