import type { FaultOn } from '../runtimes/device-fault.ts'

/** How many faults of a device are no accident any more. */
export interface QuarantinePolicy {
  readonly faultCount: number
  readonly windowMs: number
}

/** A fault that a worker of this node told of. */
export interface FaultSeen extends FaultOn {
  /** monotonic ms */
  readonly at: number
}

/** What to do with a device. `why`: in words, for people. */
export type DeviceVerdict = { readonly kind: 'well' } | { readonly kind: 'quarantine'; readonly why: string }

const minutes = (ms: number): string =>
  ms >= 60_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 1_000)} s`

/** Those that still count: a device that is well but has no room is not broken, and what is long ago is forgiven. */
const counting = (faults: readonly FaultSeen[], now: number, { windowMs }: QuarantinePolicy): readonly FaultSeen[] =>
  faults.filter(({ kind, at }) => kind !== 'memory' && at > now - windowMs)

/**
 * Is a device to be trusted with another job? Pure.
 * @param faults of this device, in any order
 * @param now monotonic ms
 */
export const judgeDevice = (faults: readonly FaultSeen[], now: number, policy: QuarantinePolicy): DeviceVerdict => {
  const recent = counting(faults, now, policy)
  if (recent.length < policy.faultCount) return { kind: 'well' }
  const reasons = [...new Set(recent.toSorted((a, b) => a.at - b.at).map(({ reason }) => reason))]
  return {
    kind: 'quarantine',
    why: `${recent.length} faults within ${minutes(policy.windowMs)}: ${reasons.join(', ')}`,
  }
}
