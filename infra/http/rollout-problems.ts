/** Problems of the routes about rollouts, part of the one table in problem.ts. Public: add, never rename. */
export const ROLLOUT_PROBLEMS = {
  ROLLOUT_NOT_FOUND: { status: 404, title: 'There is no such rollout', hint: 'list the rollouts' },
  THRESHOLD_SET_NOT_FOUND: {
    status: 404,
    title: 'There is no such threshold set',
    hint: 'take the digest from the `thresholdSet` of a job',
  },
  ROLLOUT_BUSY: {
    status: 409,
    title: 'The task has another rollout in force',
    hint: 'end that one first; `detail` names it',
  },
  ROLLOUT_OVER: { status: 409, title: 'The rollout is over', hint: 'start a new one' },
} as const satisfies Record<string, { readonly status: number; readonly title: string; readonly hint: string }>

/** What can be wrong with a request about a rollout. */
export type RolloutProblemCode = keyof typeof ROLLOUT_PROBLEMS
