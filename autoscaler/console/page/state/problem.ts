/** An answer that is not what was asked for, in words for people. */
export class ProblemError extends Error {
  /** HTTP status; 0 = there was no answer */
  readonly status: number
  readonly code: string
  readonly hint: string

  constructor(status: number, code: string, message: string, hint = '') {
    super(message)
    this.status = status
    this.code = code
    this.hint = hint
  }

  override get name(): string {
    return 'ProblemError'
  }
}

const textOf = (body: unknown, member: string): string => {
  const found = body && typeof body === 'object' ? (body as Readonly<Record<string, unknown>>)[member] : undefined
  return typeof found === 'string' ? found : ''
}

const faultsOf = (body: unknown): string => {
  const errors = body && typeof body === 'object' ? (body as { readonly errors?: unknown }).errors : undefined
  if (!Array.isArray(errors)) return ''
  const words = errors.map((one) => [textOf(one, 'pointer').replace(/^\//, ''), textOf(one, 'detail')].join(' ').trim())
  return words.filter(Boolean).join('; ')
}

/** The problem that an answer tells of. @param body what came, already read; anything at all */
export const problemOf = (status: number, body: unknown): ProblemError => {
  const words = [textOf(body, 'detail') || textOf(body, 'title') || `the answer was ${status}`, faultsOf(body)]
  return new ProblemError(status, textOf(body, 'code'), words.filter(Boolean).join(': '), textOf(body, 'hint'))
}

/** The problem behind whatever was thrown. */
export const asProblem = (error: unknown): ProblemError =>
  error instanceof ProblemError ? error : new ProblemError(0, 'AWAY', 'the autoscaler does not answer')

/** Nobody answers, or nobody can at the moment, or too much was asked at once: that says nothing of a key. */
export const isAway = ({ status, code }: ProblemError): boolean =>
  status === 0 || status >= 500 || code === 'RATE_LIMITED'
