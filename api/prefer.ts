/** What the caller prefers, as far as Muster knows the words. */
export interface Preferences {
  /** `respond-async`: do not wait, use the bulk lane */
  readonly async: boolean
  /** `wait=N` in whole seconds; undefined when it was not asked for */
  readonly waitSeconds: number | undefined
  /** `cancel-on-disconnect`: when nobody is left to read the answer, nobody needs the job */
  readonly cancelOnDisconnect: boolean
}

// One preference up to the next comma; commas inside a quoted value do not count.
const PREFERENCE = /(?:[^,"]|"(?:[^"\\]|\\.)*")+/g
const NAME_AND_VALUE = /^\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]*)))?\s*(?:;.*)?$/s
const SECONDS = /^\d{1,9}$/
/** Over any honest header, and short enough that no text makes the patterns above work long. */
const MAX_HEADER_LENGTH = 500

/**
 * Read a `Prefer` header. What is malformed or unknown is passed over, and of a preference given twice the first counts.
 * @source RFC 7240 sections 2, 4.1 and 4.3
 */
export const parsePrefer = (header: string | undefined): Preferences => {
  const seen = new Map<string, string>()
  const text = header !== undefined && header.length <= MAX_HEADER_LENGTH ? header : ''
  for (const [preference] of text.matchAll(PREFERENCE)) {
    const [, name, quoted, plain] = NAME_AND_VALUE.exec(preference) ?? []
    if (name === undefined) continue
    const key = name.toLowerCase()
    if (!seen.has(key)) seen.set(key, quoted ?? plain ?? '')
  }
  const wait = seen.get('wait')
  return {
    async: seen.get('respond-async') === '',
    waitSeconds: wait !== undefined && SECONDS.test(wait) ? Number(wait) : undefined,
    cancelOnDisconnect: seen.get('cancel-on-disconnect') === '',
  }
}

/** Longest a request may wait for its job. */
export const MAX_WAIT_SECONDS = 60
const DEFAULT_WAIT_SECONDS = 10

/** How a request will be served, given what its caller prefers. */
export interface Waiting {
  readonly lane: 'interactive' | 'bulk'
  readonly waitMs: number
  /** for the `Preference-Applied` header; undefined when nothing was asked for that could be applied */
  readonly applied: string | undefined
  /** the job goes with its caller, while he waits */
  readonly cancelOnDisconnect: boolean
}

/**
 * Decide how long a submission waits and in which lane. `respond-async` together with `wait=N` means: wait that long, then
 * answer 202, which is what `wait=N` alone does.
 */
export const waitingFor = ({ async, waitSeconds, cancelOnDisconnect }: Preferences): Waiting => {
  if (async && waitSeconds === undefined)
    return { lane: 'bulk', waitMs: 0, applied: 'respond-async', cancelOnDisconnect: false }
  const seconds = Math.min(waitSeconds ?? DEFAULT_WAIT_SECONDS, MAX_WAIT_SECONDS)
  const goes = cancelOnDisconnect && seconds > 0
  const applied = [...(waitSeconds === undefined ? [] : [`wait=${seconds}`]), ...(goes ? ['cancel-on-disconnect'] : [])]
  return {
    lane: 'interactive',
    waitMs: seconds * 1000,
    applied: applied.length === 0 ? undefined : applied.join(', '),
    cancelOnDisconnect: goes,
  }
}
