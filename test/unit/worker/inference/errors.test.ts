import { describe, expect, it } from 'vitest'
import { BlobNotFoundError } from '../../../../infra/domain/errors.ts'
import { InferenceThreadError, toThrown } from '../../../../worker/inference/errors.ts'

/** What arrives on the other side of a thread's border. */
const crossed = (error: unknown) => new InferenceThreadError(structuredClone(toThrown(error)))

describe('an error that crosses threads', () => {
  it('keeps the words and the code of our own', () => {
    const error = crossed(new BlobNotFoundError('a/b'))
    expect(error).toMatchObject({ code: 'BLOB_NOT_FOUND', retryable: false, message: 'no object a/b' })
  })

  it('keeps those of others in the cause only, for they can quote anything', () => {
    const error = crossed(new RangeError('picture of somebody'))
    expect(error).toMatchObject({ code: 'INFERENCE_THREAD', retryable: true })
    expect(error.message).toBe('RangeError in an inference thread')
    expect(error.cause).toMatchObject({ name: 'RangeError', message: 'picture of somebody' })
  })

  it('keeps its causes and their stacks', () => {
    const cause = new TypeError('deep')
    const error = crossed(new Error('shallow', { cause: new Error('middle', { cause }) }))
    expect(error.cause).toMatchObject({
      message: 'shallow',
      cause: { message: 'middle', cause: { name: 'TypeError' } },
    })
    expect((error.cause as { cause: { cause: Error } }).cause.cause.stack).toBe(cause.stack)
  })

  it('may be anything that can be thrown', () => {
    expect(crossed('a word')).toMatchObject({ code: 'INFERENCE_THREAD', cause: { message: 'a word' } })
    expect(crossed(undefined).cause).toMatchObject({ name: 'undefined' })
  })
})
