/** A device of a node that failed again and again and gets no jobs. */
export interface DeviceQuarantine {
  readonly node: string
  /** `cuda`, ... */
  readonly device: string
  /** whose workers ran on it, joined by a space */
  readonly pools: string
  /** in words */
  readonly why: string
  /** epoch ms by the database's clock */
  readonly since: number
  /** when the node last said so */
  readonly seenAt: number
  /** null = it is quarantined still, as far as its node says */
  readonly endedAt: number | null
}

/**
 * Quarantines of the whole fleet, for people who look at it.
 * @throws UnavailableError; nobody waits for this: a node that cannot write it quarantines all the same
 */
export interface QuarantineStore {
  /** It began, or still is: told again and again, because a machine that goes away tells nothing any more. */
  holds(quarantine: Pick<DeviceQuarantine, 'node' | 'device' | 'pools' | 'why'>): Promise<void>
  /** somebody released it, or the node stops */
  ended(node: string, device: string): Promise<void>
  /** those that hold and were told of within the time, oldest first */
  active(withinMs: number): Promise<readonly DeviceQuarantine[]>
  /** newest first */
  list(limit: number): Promise<readonly DeviceQuarantine[]>
}
