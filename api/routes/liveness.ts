import { TASK_PICTURES } from '../../infra/domain/task.ts'
import { LivenessResultSchema } from '../result-schemas.ts'
import type { TaskDefinition } from './task-definition.ts'

/** Is there a live person in front of the camera? */
export const liveness: TaskDefinition = {
  task: 'liveness',
  pictures: TASK_PICTURES.liveness,
  options: {},
  result: LivenessResultSchema,
  summary: 'Check a face for liveness',
  description:
    'Judges from a single picture whether it shows a live person rather than a print, a screen or a mask. Read `verdict` and `assurance` before you rely on `live`. A job that finds no live person has succeeded, with `live: false`.',
  example: {
    live: true,
    score: 0.94,
    threshold: 0.5,
    verdict: 'review',
    assurance: 'low',
    signals: [{ name: 'print-or-screen', score: 0.94 }],
    face: {
      box: { left: 212, top: 140, width: 256, height: 318 },
      score: 0.999,
      quality: { eyeDistancePx: 118, sharpness: 0.77, brightness: 0.49, rollDegrees: -0.6, yawDegrees: 3 },
    },
  },
}
