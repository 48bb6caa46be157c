import { describe, expect, it } from 'vitest'
import { BlobNotFoundError, StorageDeniedError, UnavailableError } from '../../../../infra/domain/errors.ts'
import { bounded } from '../../../../infra/object-storage/bounded.ts'

const unavailable = (error: unknown) => new UnavailableError('object storage', error)
const three = { timeoutMs: 5_000, attemptCount: 3 }

describe('a bounded call', () => {
  it('begins anew after an error that may pass, as often as allowed', async () => {
    const failures = [new Error('first'), new Error('second')]
    const call = async () => {
      const failure = failures.shift()
      if (failure) throw failure
      return 'done'
    }
    expect(await bounded(three, unavailable, call)).toBe('done')
  })

  it('gives up with the last error', async () => {
    let callCount = 0
    const call = () => Promise.reject(new Error(`number ${++callCount}`))
    await expect(bounded(three, unavailable, call)).rejects.toMatchObject({ cause: { message: 'number 3' } })
    expect(callCount).toBe(3)
  })

  it.each([new StorageDeniedError('why'), new BlobNotFoundError('a')])(
    'does not repeat what no retry mends',
    async (error) => {
      let callCount = 0
      const call = () => {
        callCount += 1
        return Promise.reject(new Error('driver'))
      }
      await expect(bounded(three, () => error, call)).rejects.toBe(error)
      expect(callCount).toBe(1)
    },
  )

  it('ends in time, says so, and tells the call to end', async () => {
    let told: AbortSignal | undefined
    const call = (signal: AbortSignal) => {
      told = signal
      return new Promise<never>(() => {})
    }
    const error = await bounded({ timeoutMs: 20, attemptCount: 3 }, unavailable, call).catch(
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(UnavailableError)
    expect(error).toMatchObject({ cause: { message: 'no answer within 20 ms' } })
    expect(told?.aborted).toBe(true)
  })

  it('begins no further attempt once its time is over', async () => {
    let callCount = 0
    const call = (signal: AbortSignal) =>
      new Promise<never>((_, reject) => {
        callCount += 1
        signal.addEventListener('abort', () => reject(new Error('aborted')))
      })
    await expect(bounded({ timeoutMs: 20, attemptCount: 3 }, unavailable, call)).rejects.toThrow()
    await new Promise((resolve) => setImmediate(resolve))
    expect(callCount).toBe(1)
  })

  it('tells the call to end when it has succeeded too: whatever is still open is not needed', async () => {
    let told: AbortSignal | undefined
    await bounded(three, unavailable, async (signal) => {
      told = signal
    })
    expect(told?.aborted).toBe(true)
  })
})
