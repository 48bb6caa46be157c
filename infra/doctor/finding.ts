/**
 * What one check found. `problem`: something is wrong; `warning`: it works, and will hurt one day; `unknown`: it could not
 * be looked at.
 */
export interface Finding {
  /** what was looked at: stable, for programs */
  readonly check: string
  readonly state: 'ok' | 'warning' | 'problem' | 'unknown'
  readonly detail: string
  /** what to do, as a command where there is one */
  readonly fix?: string
}

export const well = (check: string, detail: string): Finding => ({ check, state: 'ok', detail })
export const problem = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: 'problem',
  detail,
  fix,
})
export const warning = (check: string, detail: string, fix: string): Finding => ({
  check,
  state: 'warning',
  detail,
  fix,
})

/** A number that must be 0. */
export const mustBeNone = (check: string, count: number, what: string, fix: string): Finding =>
  count === 0 ? well(check, 'none') : problem(check, `${count} ${what}`, fix)
