import { appendFileSync } from 'node:fs'
import { setTimeout as compute } from 'node:timers/promises'
import type { Json } from '../../infra/domain/json.ts'
import type { LivenessResult } from '../../infra/domain/results.ts'
import type { TaskModule } from '../../worker/inference/task-module.ts'

/** How long the model takes: long enough for a fault to meet a job in the middle of it. */
const RUN_MS = 300

/** The tests give the path of their list of runs in this module's own URL. */
const runsPath = new URL(import.meta.url).searchParams.get('runs') ?? ''

const face = {
  box: { left: 0, top: 0, width: 32, height: 32 },
  score: 1,
  quality: { eyeDistancePx: 16, sharpness: 1, brightness: 0.5, rollDegrees: 0, yawDegrees: 0 },
}

/** A score of its own for each run: an outcome that another run replaced would show. */
const judge = (): Json => {
  const fixed = { live: true, threshold: 0, verdict: 'review', assurance: 'low', signals: [], face } as const
  const result: LivenessResult = { ...fixed, score: Math.random() }
  return result as unknown as Json
}

/** A model that writes down what it is asked before it answers. A picture is known by its size. */
export const loadTask: TaskModule['loadTask'] = async (name) => ({
  device: 'cpu',
  skipped: [],
  task: {
    name,
    models: [{ name: 'fault-test', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
    async run(items) {
      const sizes = items.map(({ pictures: { image } }) => `${image?.width}x${image?.height}`)
      appendFileSync(runsPath, sizes.map((size) => `${process.pid} ${size}\n`).join(''))
      await compute(RUN_MS)
      return items.map(() => ({ kind: 'result', result: judge() }))
    },
    warmUp: async () => {},
    close: async () => {},
  },
})
