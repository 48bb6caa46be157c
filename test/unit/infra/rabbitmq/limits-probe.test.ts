import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { limitsInStatus, managedLimits } from '../../../../infra/rabbitmq/limits-probe.ts'

const NODE = {
  disk_free_limit: 50e6,
  disk_free: 9e9,
  disk_free_alarm: false,
  mem_limit: 2e9,
  mem_used: 1e8,
  mem_alarm: false,
}

/** A management API that answers this. */
const start = async (answer: unknown, status = 200) => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(request.url, request.headers.authorization)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://ops:p%40ss@127.0.0.1:${(server.address() as AddressInfo).port}`, seen }
}

it('asks the management API, with the login of its address', async () => {
  const { url, seen } = await start([NODE])
  expect(await managedLimits(url)).toEqual({
    diskLimitBytes: 50e6,
    diskFreeBytes: 9e9,
    diskAlarm: false,
    memoryLimitBytes: 2e9,
    memoryUsedBytes: 1e8,
    memoryAlarm: false,
  })
  expect(seen).toEqual(['/api/nodes', `Basic ${Buffer.from('ops:p@ss').toString('base64')}`])
})

it('tells of the node of a cluster that is worst off, and of the alarm of any that runs', async () => {
  const tight = { ...NODE, disk_free: 60e6 }
  const gone = { ...NODE, running: false, disk_free: 0 }
  const { url } = await start([NODE, gone, tight, { ...NODE, mem_alarm: true }])
  expect(await managedLimits(url)).toMatchObject({ diskFreeBytes: 60e6, memoryAlarm: true, diskAlarm: false })
})

it.each([
  [[], 200],
  [{ error: 'not_authorised' }, 401],
  ['nonsense', 200],
])('says unavailable for %j with status %i, without the password', async (answer, status) => {
  const { url } = await start(answer, status)
  const error = await managedLimits(url).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(UnavailableError)
  expect(String((error as Error).message) + String((error as Error).cause)).not.toContain('p@ss')
})

it('reads what the tool of a private broker prints', () => {
  const status = {
    disk_free_limit: 256e6,
    disk_free: 7e9,
    vm_memory_high_watermark_limit: 1e9,
    memory: { total: { erlang: 1, rss: 134e6, allocated: 2 } },
    alarms: [['resource_limit', 'disk', 'rabbit@here']],
  }
  expect(limitsInStatus(JSON.stringify(status))).toEqual({
    diskLimitBytes: 256e6,
    diskFreeBytes: 7e9,
    diskAlarm: true,
    memoryLimitBytes: 1e9,
    memoryUsedBytes: 134e6,
    memoryAlarm: false,
  })
  // What it says where `df` could not be asked: `NaN`, as a text.
  expect(limitsInStatus(JSON.stringify({ ...status, disk_free: 'NaN' })).diskFreeBytes).toBeUndefined()
  expect(() => limitsInStatus('Error: no node')).toThrow(UnavailableError)
})
