/** Problems of the fleet's own routes, part of the one table in problem.ts. Public: add, never rename. */
export const FLEET_PROBLEMS = {
  COMMAND_INVALID: {
    status: 400,
    title: 'The command is not understood',
    hint: 'say for example `pin face-match 50 for 3h because the campaign starts`',
  },
  WINDOW_INVALID: { status: 400, title: 'The window is not valid', hint: 'see `errors` for what is wrong with it' },
  POOL_NOT_FOUND: { status: 404, title: 'There is no such pool', hint: 'list the pools' },
  NODE_NOT_FOUND: { status: 404, title: 'There is no such node', hint: 'list the nodes' },
  DECISION_NOT_FOUND: {
    status: 404,
    title: 'There is no such decision',
    hint: 'decisions are kept for 30 days; list them',
  },
  PLAN_NOT_FOUND: { status: 404, title: 'There is no plan yet', hint: 'one is made every 20 minutes' },
  OVERRIDE_NOT_FOUND: { status: 404, title: 'There is no such override', hint: 'list the overrides of the pool' },
  REFERENCE_NOT_FOUND: { status: 404, title: 'No reference is pinned', hint: 'list the references' },
  WINDOW_NOT_FOUND: { status: 404, title: 'There is no such window', hint: 'list the schedule' },
  SECOND_PERSON_NEEDED: {
    status: 409,
    title: 'It takes another person to confirm this',
    hint: 'ask somebody else, with a key of his own',
  },
  FORCE_NEEDED: {
    status: 409,
    title: 'It would take away more than one word should',
    hint: 'see `detail` for what speaks against it; where it is meant all the same, send it with `force`',
  },
  TOO_MANY_WINDOWS: { status: 409, title: 'There are enough windows', hint: 'remove one that is not needed' },
  COUNT_TOO_HIGH: {
    status: 422,
    title: 'The pool may not have so many nodes',
    hint: 'give a count within the bounds of the pool; whoever runs the installation sets them',
  },
  TOO_MANY_STREAMS: {
    status: 429,
    title: 'As many streams of events as allowed are open',
    hint: 'close pages that nobody looks at; streams that end make room',
  },
} as const satisfies Record<string, { readonly status: number; readonly title: string; readonly hint: string }>

/** What can be wrong with a request about the fleet. */
export type FleetProblemCode = keyof typeof FLEET_PROBLEMS
