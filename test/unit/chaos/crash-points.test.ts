import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { ARMED, crashPoints, PASSED, POINTS } from '../../chaos/crash-points.ts'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

const start = () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-points-'))
  dirs.push(dir)
  const lines = (name: string) => readFileSync(join(dir, name), 'utf8').split('\n').filter(Boolean)
  return { dir, lines, around: crashPoints(dir, 'worker') }
}

it('names a point before and after every call, of objects and of classes', () => {
  class Store {
    async find() {}
  }
  const { around, lines } = start()
  around('jobs', { finish: async () => {}, healthy: () => true })
  around('store', new Store())
  expect(lines(POINTS)).toEqual([
    'worker before:jobs.finish',
    'worker after:jobs.finish',
    'worker before:store.find',
    'worker after:store.find',
  ])
})

it('passes arguments and answers on, and notes where it came by', async () => {
  const { around, lines } = start()
  const jobs = around('jobs', { double: async (value: number) => value * 2 })
  expect(await jobs.double(21)).toBe(42)
  await jobs.double(1)
  expect(lines(PASSED)).toEqual(['worker before:jobs.double', 'worker after:jobs.double'])
})

it('has points around the settling of a delivery', () => {
  const { around, lines } = start()
  const queue = around('queue', {
    consume: (onDelivery: (delivery: { ack(): void }) => void) => onDelivery({ ack() {} }),
  })
  queue.consume((delivery) => delivery.ack())
  expect(lines(PASSED)).toContain('worker before:delivery.ack')
})

it('goes on at every point but the armed one', async () => {
  const { dir, around } = start()
  writeFileSync(join(dir, ARMED), 'api before:jobs.double')
  const jobs = around('jobs', { double: async (value: number) => value * 2 })
  expect(await jobs.double(2)).toBe(4)
  expect(readFileSync(join(dir, ARMED), 'utf8')).toBe('api before:jobs.double')
})
