/** How a new version takes the place of the old one. */
export const STRATEGIES = ['rolling', 'canary', 'blue-green'] as const
export type Strategy = (typeof STRATEGIES)[number]

/** A part of Muster that is one job of the orchestrator. */
export const PARTS = ['migrate', 'workers', 'api', 'autoscaler'] as const
export type PartName = (typeof PARTS)[number]

/**
 * - `run-once`: the job runs to its end
 * - `roll`: allocations are replaced one after the other; the next when the last one is healthy
 * - `canary`: some new allocations beside the old ones; the others follow when these did well
 * - `beside`: a second job, with the counts of the first
 * - `few-beside`: a second job with one allocation a group
 * - `settle`: the update strategy that the job file has; no allocation changes
 * - `stop`: no such job any more
 */
export type Action = 'run-once' | 'roll' | 'canary' | 'beside' | 'few-beside' | 'settle' | 'stop'

/** One change of one job. */
export interface Step {
  readonly id: string
  readonly part: PartName
  readonly action: Action
  /** whose job it is: the one that is there, or a second one beside it */
  readonly job: 'present' | 'second'
  /** for people */
  readonly says: string
}

const step = (part: PartName, action: Action, job: Step['job'], says: string): Step => ({
  ...{ id: `${part}-${action}`, part, action, job, says },
})

const WORKERS: { readonly [strategy in Strategy]: readonly Step[] } = {
  rolling: [
    step('workers', 'roll', 'present', 'nodes one after the other; the autoscaler is told "not now" meanwhile'),
    step('workers', 'settle', 'present', 'the autoscaler may scale again; no node changes'),
  ],
  canary: [
    step('workers', 'few-beside', 'second', 'one node a pool beside the others, from the same queues; watched'),
    step('workers', 'roll', 'present', 'the others, one after the other'),
    step('workers', 'settle', 'present', 'the autoscaler may scale again; no node changes'),
    step('workers', 'stop', 'second', 'the nodes of the trial drain'),
  ],
  'blue-green': [
    step('workers', 'beside', 'second', 'as many nodes again, from the same queues; watched'),
    step('workers', 'settle', 'second', 'the autoscaler may scale them; no node changes'),
  ],
}

const API: { readonly [strategy in Strategy]: Step } = {
  rolling: step(
    'api',
    'roll',
    'present',
    'replicas one after the other; Nomad goes back by itself when one is not ready',
  ),
  canary: step('api', 'canary', 'present', 'one replica beside the others; watched, then the others'),
  'blue-green': step('api', 'canary', 'present', 'as many replicas again; watched, then the old ones go at once'),
}

const AUTOSCALER = step('autoscaler', 'roll', 'present', 'the one that stands by, then the one that leads')

/**
 * The steps of a release, in their order: tables and queues first, then who answers (workers understand what an older api
 * sends), then who asks, then who scales. Old workers of blue-green go last, when nobody scales them any more.
 * @param only these parts; those left out stay as they are
 */
export const planSteps = (strategy: Strategy, only: readonly PartName[] = PARTS): readonly Step[] => {
  const steps = [
    step('migrate', 'run-once', 'present', 'tables and queues; what still runs goes on'),
    ...WORKERS[strategy],
    API[strategy],
    AUTOSCALER,
    ...(strategy === 'blue-green' ? [step('workers', 'stop', 'present', 'the old nodes drain')] : []),
  ]
  return steps.filter(({ part }) => only.includes(part))
}

/** How many allocations of a group a step puts beside the old ones. */
export const canaryCount = (strategy: Strategy, count: number): number => (strategy === 'blue-green' ? count : 1)
