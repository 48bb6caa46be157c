import { AppError } from '../../infra/domain/errors.ts'
import type { DeviceFailure } from './runtime.ts'

/** Inference cannot run on a device, or on none of the configured ones: those tried, in order, tell why. */
export class RuntimeUnavailableError extends AppError {
  readonly code = 'RUNTIME_UNAVAILABLE'
  readonly retryable = false
  readonly tried: readonly DeviceFailure[]
  constructor(what: string, tried: readonly DeviceFailure[]) {
    const reasons = tried.map(({ device, reason }) => `${device}: ${reason}`).join('; ')
    super(`${what} (${reasons})`, {
      cause: new AggregateError(
        tried.map(({ cause }) => cause),
        'every device failed',
      ),
    })
    this.tried = tried
  }
}

/** A loaded model could not be run: wrong tensors, a lost device, no memory. */
export class InferenceError extends AppError {
  readonly code = 'INFERENCE'
  readonly retryable = true
  constructor(cause: unknown) {
    super('the model could not be run', { cause })
  }
}

/** The device failed under a model, not the model under a picture: what ran is worth another attempt elsewhere. */
export class DeviceBrokenError extends AppError {
  readonly code = 'DEVICE_BROKEN'
  readonly retryable = true
  constructor(reason: string, cause: unknown) {
    super(`the device failed: ${reason}`, { cause })
  }
}

/** Not even one item alone fits into the device's memory now. The device is well: somebody else has the memory. */
export class DeviceMemoryError extends AppError {
  readonly code = 'DEVICE_OUT_OF_MEMORY'
  readonly retryable = true
  constructor(cause: unknown) {
    super('the device has no memory for one item', { cause })
  }
}
