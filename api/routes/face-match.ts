import { TASK_PICTURES } from '../../infra/domain/task.ts'
import { FaceMatchResultSchema } from '../result-schemas.ts'
import type { TaskDefinition } from './task-definition.ts'

const face = (left: number) => ({
  box: { left, top: 88, width: 210, height: 264 },
  score: 0.998,
  quality: { eyeDistancePx: 92, sharpness: 0.81, brightness: 0.55, rollDegrees: 1.4, yawDegrees: -6 },
})

/** Are two faces of one person? */
export const faceMatch: TaskDefinition = {
  task: 'face-match',
  pictures: TASK_PICTURES['face-match'],
  options: {},
  result: FaceMatchResultSchema,
  summary: 'Compare two faces',
  description:
    'Compares the most prominent face of `source` with that of `target`, for example a selfie with the portrait of a document. A job that finds them unlike has succeeded, with `match: false`.',
  example: {
    similarity: 0.87,
    match: true,
    threshold: 0.62,
    faces: { source: [face(140)], target: [face(96)] },
  },
}
