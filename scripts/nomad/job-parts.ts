import type { Part, Value } from './evaluate-hcl.ts'

/** A task with the group it belongs to. */
export interface TaskPart {
  readonly group: Part
  readonly task: Part
}

/** The parts of one type, by name where one is given. */
export const partsNamed = ({ parts }: Part, type: string, label?: string): readonly Part[] =>
  parts.filter((part) => part.type === type && (label === undefined || part.labels[0] === label))

/** The tasks of a job. */
export const tasksOf = (job: Part): readonly TaskPart[] =>
  partsNamed(job, 'group').flatMap((group) => partsNamed(group, 'task').map((task) => ({ group, task })))

/** The environment of a task, written as a block or as an object. */
export const environmentOf = (task: Part): Readonly<Record<string, string>> => {
  const written = (task.attributes.env ?? partsNamed(task, 'env')[0]?.attributes ?? {}) as Record<string, Value>
  return Object.fromEntries(Object.entries(written).map(([name, value]) => [name, String(value)]))
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** A duration as Nomad writes it, `30s`; undefined where it is written in another way. */
export const durationMs = (value: Value | undefined): number | undefined => {
  const [, amount, unit = ''] = /^(\d+)(ms|s|m|h)$/.exec(String(value)) ?? []
  const factor = UNITS[unit]
  return amount === undefined || factor === undefined ? undefined : Number(amount) * factor
}
