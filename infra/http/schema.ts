import Type, { type Static, type TSchema } from 'typebox'

/** Text without control characters: a database refuses NUL, and a terminal obeys the others. */
export const PRINTABLE = '^[^\\u0000-\\u001f\\u007f-\\u009f]*$'

/** An object with these members and no others. */
export const strict = <T extends Record<string, TSchema>>(properties: T, options: object = {}) =>
  Type.Object(properties, { additionalProperties: false, ...options })

/** The schema, or null. JSON Schema's own type list: an `anyOf` would be checked on every answer. */
export const nullable = <T extends TSchema & { type: string }>(schema: T) =>
  Type.Unsafe<Static<T> | null>({ ...schema, type: [schema.type, 'null'] })

/** One of these words. */
export const words = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...(description !== undefined && { description }) })
