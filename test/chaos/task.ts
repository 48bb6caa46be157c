import { appendFileSync } from 'node:fs'
import { setTimeout as compute } from 'node:timers/promises'
import type { Json } from '../../infra/domain/json.ts'
import type { LivenessResult } from '../../infra/domain/results.ts'
import type { TaskModule } from '../../worker/inference/task-module.ts'

/** How long the model takes: long enough for a fault to meet a job in the middle of it. */
const RUN_MS = 80

/** The campaign gives the path of its list of runs in this module's own URL. */
const runsPath = new URL(import.meta.url).searchParams.get('runs') ?? ''

/** The box is the whole picture, so a result tells whose it is; the score is new in each run, so a second one shows. */
const judge = (width: number, height: number): Json => {
  const face = {
    box: { left: 0, top: 0, width, height },
    score: 1,
    quality: { eyeDistancePx: 16, sharpness: 1, brightness: 0.5, rollDegrees: 0, yawDegrees: 0 },
  }
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
    models: [{ name: 'chaos', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
    async run(items) {
      const sizes = items.map(({ pictures: { image } }) => [image?.width ?? 0, image?.height ?? 0] as const)
      appendFileSync(runsPath, sizes.map((size) => `${process.pid} ${size.join('x')}\n`).join(''))
      await compute(RUN_MS)
      return sizes.map(([width, height]) => ({ kind: 'result', result: judge(width, height) }))
    },
    warmUp: async () => {},
    close: async () => {},
  },
})
