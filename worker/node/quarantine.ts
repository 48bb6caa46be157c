import type { Clock } from '../../infra/ports/clock.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { Metrics } from '../../infra/ports/metrics.ts'
import type { FaultOn } from '../runtimes/device-fault.ts'
import type { Device } from '../runtimes/runtime.ts'
import { type FaultSeen, judgeDevice, type QuarantinePolicy } from './device-judge.ts'

/** A device that gets no more jobs until a person, or a restart of the node, says otherwise. */
export interface Quarantined {
  readonly device: Device
  readonly why: string
  /** epoch ms */
  readonly since: number
}

/** Who hears of it. */
export interface QuarantineDeps {
  readonly log: Logger
  readonly metrics: Pick<Metrics, 'count'>
  readonly clock: Clock
  readonly onChange: (change: { readonly kind: 'begun' | 'released'; readonly quarantined: Quarantined }) => void
}

/** More faults than this of one device are not remembered: the oldest tell nothing new. */
const MOST_FAULTS = 100

/** The devices of one node: what befell them, and which are not to be used. */
export class Quarantine {
  readonly #policy: QuarantinePolicy
  readonly #deps: QuarantineDeps
  readonly #faults = new Map<Device, readonly FaultSeen[]>()
  readonly #quarantined = new Map<Device, Quarantined>()

  constructor(policy: QuarantinePolicy, deps: QuarantineDeps) {
    this.#policy = policy
    this.#deps = deps
  }

  /** True while a device is not to be used. */
  get active(): boolean {
    return this.#quarantined.size > 0
  }

  list(): readonly Quarantined[] {
    return [...this.#quarantined.values()]
  }

  /** 1 for a device that is not to be used, 0 for another that had a fault. */
  gauge(): ReadonlyMap<string, number> {
    return new Map([...this.#faults.keys()].map((device) => [device, this.#quarantined.has(device) ? 1 : 0]))
  }

  /** A worker met a fault. @param facts which one, for the log */
  note(fault: FaultOn, facts: Readonly<Record<string, unknown>>): void {
    const { log, metrics, clock } = this.#deps
    const now = clock.monotonic()
    const { device, kind, reason } = fault
    log.error({ ...facts, device, kind, reason }, 'a device failed')
    metrics.count('device_faults', { reason })
    const faults = [...(this.#faults.get(device) ?? []), { ...fault, at: now }].slice(-MOST_FAULTS)
    this.#faults.set(device, faults)
    const verdict = judgeDevice(faults, now, this.#policy)
    if (verdict.kind === 'well' || this.#quarantined.has(device)) return
    const quarantined = { device, why: verdict.why, since: clock.now() }
    this.#quarantined.set(device, quarantined)
    log.error({ device, why: verdict.why }, 'a device is quarantined: its workers drain, and none is started')
    this.#deps.onChange({ kind: 'begun', quarantined })
  }

  /** Trust it again, and forget what befell it. @returns false when it was not quarantined */
  release(device: string): boolean {
    const quarantined = this.list().find((one) => one.device === device)
    if (!quarantined) return false
    this.#quarantined.delete(quarantined.device)
    this.#faults.set(quarantined.device, [])
    this.#deps.log.info({ device }, 'a device is released from quarantine')
    this.#deps.onChange({ kind: 'released', quarantined })
    return true
  }
}
