import { LogLevel, type Logger as SdkLogger } from '@slack/web-api'

/** The SDK writes payloads and addresses of answers, which are secrets, into its log. What matters we say ourselves. */
export const quietLogger: SdkLogger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  setLevel: () => {},
  getLevel: () => LogLevel.ERROR,
  setName: () => {},
}
