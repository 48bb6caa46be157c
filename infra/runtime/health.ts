/** One thing that can be well or not. */
export interface HealthCheck {
  readonly name: string
  /** without it the process cannot do its work; else its loss only makes the work slower */
  readonly required: boolean
  /** true = well; an error counts as not well */
  readonly probe: () => boolean | Promise<boolean>
}

/** What the checks found. */
export interface Health {
  /** every required check is well */
  readonly ok: boolean
  readonly checks: { readonly [name: string]: 'ok' | 'degraded' | 'failed' }
}

/** A kind of health a process answers for. */
export type AskHealth = () => Health | Promise<Health>

/** An answer later than this is no answer: orchestrators ask every few seconds and give up after one or two. */
const PROBE_TIMEOUT_MS = 1000

const isWell = async ({ probe }: HealthCheck): Promise<boolean> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, PROBE_TIMEOUT_MS, false)
  })
  try {
    return await Promise.race([probe(), late])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}

/** Ask every check at once. @throws never */
export const runChecks = async (checks: readonly HealthCheck[]): Promise<Health> => {
  const found = await Promise.all(checks.map(async (check) => ({ check, well: await isWell(check) })))
  return {
    ok: found.every(({ check, well }) => well || !check.required),
    checks: Object.fromEntries(
      found.map(({ check, well }) => [check.name, well ? 'ok' : check.required ? 'failed' : 'degraded']),
    ),
  }
}

/** A health without checks: the process answers, and that is all there is to know. */
export const ALIVE: Health = { ok: true, checks: {} }

/**
 * The body of a health answer.
 * @param verbose list every check, not only the sum
 */
export const healthBody = ({ ok, checks }: Health, verbose: boolean): { readonly [member: string]: unknown } => {
  const degraded = Object.values(checks).includes('degraded')
  const status = ok ? (degraded ? 'degraded' : 'ok') : 'failed'
  return verbose ? { status, checks } : { status }
}
