import { readFileSync } from 'node:fs'
import { setTimeout as compute } from 'node:timers/promises'
import type { LivenessResult } from '../../../infra/domain/results.ts'
import type { TaskModule } from '../../../worker/inference/task-module.ts'

/** The rig gives the path of the file with the model's speed in this module's own URL. */
const path = new URL(import.meta.url).searchParams.get('ms') ?? ''

const RESULT = {
  ...{ live: true, score: 1, threshold: 0, verdict: 'review', assurance: 'low', signals: [] },
  face: {
    box: { left: 0, top: 0, width: 1, height: 1 },
    score: 1,
    quality: { eyeDistancePx: 16, sharpness: 1, brightness: 0.5, rollDegrees: 0, yawDegrees: 0 },
  },
} as const satisfies LivenessResult

/** A model that takes as long as the file says. */
export const loadTask: TaskModule['loadTask'] = async (name) => ({
  device: 'cpu',
  skipped: [],
  task: {
    name,
    models: [{ name: 'throttled', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
    async run(items) {
      await compute(Number(readFileSync(path, 'utf8')))
      return items.map(() => ({ kind: 'result', result: structuredClone(RESULT) as never }))
    },
    warmUp: async () => {},
    close: async () => {},
  },
})
