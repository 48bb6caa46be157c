/** Facts beside the message. Names and numbers only: no picture, name, document number, key or embedding. */
export type LogFields = Readonly<Record<string, unknown>>

/** What use cases need of a log. */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Logger
}
