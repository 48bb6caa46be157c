/** The kinds of check a caller can ask for. Public: they appear in URLs, rows and metrics. */
export const TASK_NAMES = ['face-match', 'liveness', 'ocr'] as const
export type TaskName = (typeof TASK_NAMES)[number]

/** The pictures each task needs, by the field name callers send them under. */
export const TASK_PICTURES = {
  'face-match': ['source', 'target'],
  liveness: ['image'],
  ocr: ['image'],
} as const satisfies Record<TaskName, readonly string[]>

export type PictureName = (typeof TASK_PICTURES)[TaskName][number]

/** Which half of a pool's queues a job waits in: somebody is waiting for `interactive`, nobody for `bulk`. */
export const LANES = ['interactive', 'bulk'] as const
export type Lane = (typeof LANES)[number]
