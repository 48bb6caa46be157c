import { describe, expect, it } from 'vitest'
import {
  BlobNotFoundError,
  BlobTooLargeError,
  InputError,
  KeyUnknownError,
  SealBrokenError,
  STORAGE_SERVICE,
  StorageDeniedError,
  UnavailableError,
} from '../../../infra/domain/errors.ts'
import { outcome } from '../../../infra/domain/outcomes.ts'
import { DeadlinePassedError, type Settlement, settle } from '../../../worker/settle.ts'

const fail = (code: Parameters<typeof outcome>[0]): Settlement => ({ kind: 'fail', error: outcome(code) })
const away = new UnavailableError(STORAGE_SERVICE, new Error('connection refused'))

describe('settle', () => {
  const table: readonly [string, unknown, number, number, Settlement][] = [
    ['a bad picture is a result', new InputError(outcome('NO_FACE')), 2, 60_000, fail('NO_FACE')],
    ['a picture that is gone is a result', new BlobNotFoundError('k'), 2, 60_000, fail('PICTURE_GONE')],
    ['a picture that grew is a result', new BlobTooLargeError('k'), 2, 60_000, fail('PICTURE_TOO_LARGE')],
    ['a passed deadline expires the job', new DeadlinePassedError(), 2, 60_000, { kind: 'expire' }],
    ['storage that is away is tried again', away, 2, 60_000, { kind: 'retry' }],
    ['storage that stays away fails the job as such', away, 0, 60_000, fail('STORAGE_UNAVAILABLE')],
    ['no retry is begun that the deadline forbids', away, 2, 900, fail('STORAGE_UNAVAILABLE')],
    ['refused credentials are not tried again', new StorageDeniedError(null), 2, 60_000, fail('STORAGE_UNAVAILABLE')],
    ['a key that is not here may be elsewhere', new KeyUnknownError('a'), 2, 60_000, { kind: 'retry' }],
    ['a key that is nowhere fails the job', new KeyUnknownError('a'), 0, 60_000, fail('STORAGE_UNAVAILABLE')],
    ['a broken seal is not tried again', new SealBrokenError(), 2, 60_000, fail('STORAGE_UNAVAILABLE')],
    ['a model that fails is tried again', new TypeError('x'), 1, 60_000, { kind: 'retry' }],
    ['a model that keeps failing fails the job', new TypeError('x'), 0, 60_000, fail('INFERENCE_FAILED')],
  ]
  it.each(table)('%s', (_title, error, attemptsLeft, remainingMs, settlement) => {
    expect(settle(error, attemptsLeft, remainingMs, 1_000)).toEqual(settlement)
  })
})
