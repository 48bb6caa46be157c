import type { ScheduleWindow } from '../../infra/domain/scaling.ts'
import type { ScheduleStore } from '../../infra/ports/schedule-store.ts'

/** Windows in memory, for unit tests. Pass the port's contract suite. */
export const createMemoryScheduleStore = (): ScheduleStore => {
  const windows = new Map<string, ScheduleWindow>()
  return {
    list: async () => [...windows.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    put: async (window) => void windows.set(window.name, window),
    remove: async (name) => windows.delete(name),
  }
}
