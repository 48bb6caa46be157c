import { PassThrough, Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { BlobTooLargeError, UnavailableError } from '../../../../infra/domain/errors.ts'
import { readWhole } from '../../../../infra/object-storage/read-whole.ts'

const MANY = Number.POSITIVE_INFINITY
const never = () => new AbortController().signal
const parts = (...all: readonly number[][]) => Readable.from(all.map((part) => Buffer.from(part)))

describe('reading a whole object', () => {
  it('joins what comes in parts', async () => {
    const whole = await readWhole(parts([1, 2], [], [3]), { key: 'a', bytes: 3, maxBytes: MANY }, never())
    expect([...whole]).toEqual([1, 2, 3])
  })

  it('reads to the end when nothing was announced', async () => {
    const whole = await readWhole(parts([1], [2]), { key: 'a', bytes: undefined, maxBytes: 2 }, never())
    expect([...whole]).toEqual([1, 2])
  })

  it.each([0, 2, 4])('refuses three bytes where %i were announced', async (bytes) => {
    const reading = readWhole(parts([1, 2], [3]), { key: 'a', bytes, maxBytes: MANY }, never())
    await expect(reading).rejects.toBeInstanceOf(UnavailableError)
  })

  it('stops at the limit of an object whose size was not announced, and lets the stream go', async () => {
    let sentCount = 0
    const endless = Readable.from(
      (async function* () {
        for (;;) {
          sentCount += 1
          yield Buffer.alloc(10)
        }
      })(),
    )
    const reading = readWhole(endless, { key: 'a', bytes: undefined, maxBytes: 25 }, never())
    await expect(reading).rejects.toMatchObject({ code: 'BLOB_TOO_LARGE', key: 'a' })
    expect(endless.destroyed).toBe(true)
    expect(sentCount).toBeLessThan(50)
  })

  it('refuses an object announced too large without reading it', async () => {
    const stream = parts([1, 2, 3])
    const reading = readWhole(stream, { key: 'a', bytes: 3, maxBytes: 2 }, never())
    await expect(reading).rejects.toBeInstanceOf(BlobTooLargeError)
    expect(stream.destroyed).toBe(true)
  })

  it('ends when its signal does, in the middle of a stream', async () => {
    const controller = new AbortController()
    const stream = new PassThrough()
    stream.write('half')
    const reading = readWhole(stream, { key: 'a', bytes: 8, maxBytes: MANY }, controller.signal)
    controller.abort()
    await expect(reading).rejects.toThrow()
    expect(stream.destroyed).toBe(true)
  })
})
