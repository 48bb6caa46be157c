import { setTimeout as pause } from 'node:timers/promises'
import type { TaskModule } from '../../../worker/inference/task-module.ts'

/** A model of known cost: so many ms a job, one after the other, and no CPU that the rest of the stack would miss. */
const COST_MS = Number(new URL(import.meta.url).searchParams.get('cost'))

export const loadTask: TaskModule['loadTask'] = async (name) => ({
  device: 'cpu',
  skipped: [],
  task: {
    name,
    models: [{ name: 'costly', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
    async run(items) {
      await pause(COST_MS * items.length)
      return items.map(() => ({ kind: 'result', result: { done: true } }))
    },
    warmUp: async () => {},
    close: async () => {},
  },
})
