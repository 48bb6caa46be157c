/** What every answer carries, also one to a request that nobody could read. */
export const ANSWER_HEADERS = {
  // Answers are about people: no cache on the way may keep them.
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
} as const

/** A year: what browsers take for a promise. @source RFC 6797 section 6.1 */
const HSTS = 'max-age=31536000'

/**
 * The same, and for callers who come over TLS that they shall come no other way.
 * @param publicUrl the address callers reach the api under; the header must not be sent over plain HTTP
 */
export const answerHeaders = (publicUrl: string | undefined): Readonly<Record<string, string>> =>
  publicUrl?.startsWith('https:') === true ? { ...ANSWER_HEADERS, 'strict-transport-security': HSTS } : ANSWER_HEADERS
