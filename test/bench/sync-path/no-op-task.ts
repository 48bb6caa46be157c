import type { TaskModule } from '../../../worker/inference/task-module.ts'

/** A task that knows its answer already: what is left to measure is Muster. */
export const loadTask: TaskModule['loadTask'] = async (name) => ({
  device: 'cpu',
  skipped: [],
  task: {
    name,
    models: [{ name: 'no-op', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
    run: async (items) => items.map(() => ({ kind: 'result', result: { done: true } })),
    warmUp: async () => {},
    close: async () => {},
  },
})
