import { PoolUnknownError, UnavailableError } from '../../infra/domain/errors.ts'
import type { CountBounds } from '../../infra/domain/scaling.ts'
import type { CountChange, CountChanged, Fleet, FleetView } from '../../infra/ports/fleet.ts'

interface Group {
  desired: number
  placed: number
  running: number
  version: number
  bounds: CountBounds | undefined
}

/** A fleet in memory, for unit tests. Passes the port's contract suite. Nodes run at once unless told otherwise. */
export class MemoryFleet implements Fleet {
  readonly groups = new Map<string, Group>()
  readonly changes: CountChange[] = []
  readonly notes: { readonly pool: string; readonly message: string }[] = []
  /** it does not answer */
  away = false
  /** what the next changes are answered with instead, oldest first; `silent` does it and does not answer */
  readonly answers: (CountChanged | 'silent' | 'lost')[] = []
  /** new nodes stay without a place */
  full = false

  add(pool: string, count: number, bounds?: CountBounds): void {
    this.groups.set(pool, { desired: count, placed: count, running: count, version: 1, bounds })
  }

  /** Somebody else changes the count. */
  interfere(pool: string, count: number): void {
    this.#set(this.#group(pool), count)
  }

  async view(pool: string): Promise<FleetView> {
    const { desired, placed, running, bounds, version } = this.#group(pool)
    return {
      ...{ desiredCount: desired, placedCount: placed, runningCount: running, bounds, version: String(version) },
    }
  }

  async setCount(change: CountChange): Promise<CountChanged> {
    const group = this.#group(change.pool)
    const answer = this.answers.shift()
    if (answer === 'lost') throw new UnavailableError('fleet', new Error('lost'))
    if (answer !== undefined && answer !== 'silent') return answer
    if (String(group.version) !== change.version) return { kind: 'conflict', why: 'somebody was quicker' }
    const { min = 0, max = Number.POSITIVE_INFINITY } = group.bounds ?? {}
    if (change.count < min || change.count > max) return { kind: 'out-of-bounds', why: `from ${min} to ${max}` }
    this.#set(group, change.count)
    this.changes.push(change)
    if (answer === 'silent') throw new UnavailableError('fleet', new Error('no answer'))
    return { kind: 'applied' }
  }

  async note(pool: string, message: string): Promise<void> {
    this.#group(pool)
    this.notes.push({ pool, message })
  }

  #set(group: Group, count: number): void {
    group.desired = count
    group.version += 1
    const most = this.full ? Math.min(group.running, count) : count
    group.placed = most
    group.running = most
  }

  #group(pool: string): Group {
    if (this.away) throw new UnavailableError('fleet', new Error('away'))
    const group = this.groups.get(pool)
    if (!group) throw new PoolUnknownError(pool)
    return group
  }
}
