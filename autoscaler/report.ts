import type { Decision, DecisionStep } from '../infra/domain/scaling.ts'

const nodes = (count: number): string => (count === 1 ? '1 node' : `${count} nodes`)

const headline = ({ pool, from, to, direction }: Decision): string =>
  direction === 'none' ? `${pool}: ${nodes(from)}, no change` : `${pool}: ${from} -> ${nodes(to)}`

const TITLES: Readonly<Record<DecisionStep['by'], string>> = {
  forecast: 'forecast',
  backlog: 'backlog',
  deadband: 'held',
  unknown: 'held',
  schedule: 'schedule',
  override: 'override',
  bounds: 'bounds',
}

const sentence = ({ by, before, after, why }: DecisionStep): string => `${TITLES[by]} ${before} -> ${after} (${why})`

/**
 * A decision in words, the same for the log, the command line, HTTP and Slack: what changed, each step that led there, and
 * what it would have been otherwise.
 */
export const report = (decision: Decision): readonly string[] => {
  const { to, steps, without } = decision
  const counterfactuals = [
    ...(without.schedule === to ? [] : [`without schedule: ${without.schedule}`]),
    ...(without.override === to ? [] : [`without override: ${without.override}`]),
  ]
  return [headline(decision), ...steps.map(sentence), ...counterfactuals]
}
