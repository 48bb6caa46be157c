import { AppError } from '../../../infra/domain/errors.ts'

/** The weights are not of the shape or kind that the converter knows: the origin package has changed. */
export class ModelConversionError extends AppError {
  readonly code = 'MODEL_CONVERSION'
  readonly retryable = false
}
