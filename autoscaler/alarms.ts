import type { Notifier } from '../infra/ports/notifier.ts'

/** What can be wrong with a pool for a while. */
export type AlarmName = 'fleet' | 'denied' | 'placements' | 'doubts' | 'capacity' | 'zones' | 'triggers' | 'bottleneck'

interface Alarm {
  looks: number
  told: boolean
}

/** Tells of what is wrong once, and of its end: not at every look. */
export class Alarms {
  readonly #notifier: Notifier
  readonly #alarms = new Map<string, Alarm>()

  constructor(notifier: Notifier) {
    this.#notifier = notifier
  }

  /**
   * It is wrong at this look.
   * @param after looks in a row until people hear of it
   * @returns true = it is told now
   */
  raise(name: AlarmName, pool: string, at: number, lines: readonly string[], after: number): boolean {
    const key = `${pool}:${name}`
    const alarm = this.#alarms.get(key) ?? { looks: 0, told: false }
    this.#alarms.set(key, alarm)
    alarm.looks += 1
    if (alarm.told || alarm.looks < after) return false
    alarm.told = true
    this.#notifier.tell({ kind: 'alert', pool, at, lines, key: `alarm:${key}`, actions: [] })
    return true
  }

  /** It is well at this look. */
  clear(name: AlarmName, pool: string, at: number, line: string): void {
    const key = `${pool}:${name}`
    const alarm = this.#alarms.get(key)
    if (!alarm) return
    this.#alarms.delete(key)
    if (alarm.told)
      this.#notifier.tell({ kind: 'recovered', pool, at, lines: [line], key: `alarm:${key}`, actions: [] })
  }

  /** Have people heard of it, and is it not over? */
  isTold(name: AlarmName, pool: string): boolean {
    return this.#alarms.get(`${pool}:${name}`)?.told ?? false
  }
}
