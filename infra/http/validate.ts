import type { FastifySchemaCompiler } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import type { TLocalizedValidationError } from 'typebox/error'
import { RequestError, type RequestFault } from './request-error.ts'

/** A list longer than this helps nobody. */
const MAX_FAULTS = 10
/** Member names are repeated only where they look like a programmer's choice: anything else may be a person's data. */
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,39}$/
/** What a caller may be told of the other keywords: their rule, never the value that broke it. */
const RULES: Readonly<Record<string, string>> = {
  enum: 'is not one of the documented values',
  pattern: 'does not have the documented form',
  minProperties: 'needs one of its members',
  maxProperties: 'may have only one of its members',
}

const faultsOf = (error: TLocalizedValidationError): readonly RequestFault[] => {
  const { instancePath, keyword, params, message } = error
  if (keyword === 'required')
    return params.requiredProperties.map((name) => ({ pointer: `${instancePath}/${name}`, detail: 'is required' }))
  if (keyword === 'additionalProperties')
    return params.additionalProperties.map((name) => ({
      pointer: PLAIN_NAME.test(name) ? `${instancePath}/${name}` : instancePath,
      detail: PLAIN_NAME.test(name)
        ? 'is not a member of this request'
        : 'has a member that is not part of this request',
    }))
  // The additional property has been told of already.
  if (keyword === 'boolean') return []
  return [{ pointer: instancePath, detail: RULES[keyword] ?? message }]
}

/**
 * Check requests by their TypeBox schemas; nothing is converted, defaulted or dropped.
 * @returns a validator that answers RequestError INVALID_REQUEST with JSON pointers
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema)
  return (value: unknown) => {
    if (validator.Check(value)) return { value }
    const faults = validator.Errors(value).flatMap(faultsOf).slice(0, MAX_FAULTS)
    return {
      error: new RequestError('INVALID_REQUEST', `the ${httpPart ?? 'request'} does not fit its schema`, { faults }),
    }
  }
}
