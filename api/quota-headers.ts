import type { TenantSettings } from '../infra/domain/tenant.ts'
import type { Quota } from '../infra/ports/dispatcher.ts'

/** The limits a tenant is held to, by the names callers see. Public: add, never rename. */
export const POLICIES = { rate: 'rate', inFlight: 'in-flight' } as const

const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000))

/**
 * What a caller may still do, in the words of the draft: `q` requests in `w` seconds, of which `r` are left and all are
 * there again in `t` seconds; and so many jobs at once.
 * @source IETF draft-ietf-httpapi-ratelimit-headers-10; RFC 9651 structured fields
 */
export const quotaHeaders = (
  settings: Pick<TenantSettings, 'ratePerSecond' | 'burstCount' | 'maxInFlightCount'>,
  { remainingCount, untilFullMs, inFlightCount }: Quota,
): Readonly<Record<'ratelimit-policy' | 'ratelimit', string>> => {
  const burst = Math.floor(settings.burstCount)
  const most = Math.floor(settings.maxInFlightCount)
  const windowSeconds = seconds((settings.burstCount * 1000) / settings.ratePerSecond)
  return {
    'ratelimit-policy': `"${POLICIES.rate}";q=${burst};w=${windowSeconds}, "${POLICIES.inFlight}";q=${most};qu="concurrent-requests"`,
    ratelimit: `"${POLICIES.rate}";r=${remainingCount};t=${seconds(untilFullMs)}, "${POLICIES.inFlight}";r=${Math.max(0, most - inFlightCount)}`,
  }
}
