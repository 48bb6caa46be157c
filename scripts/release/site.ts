import type { JobSpec } from './nomad.ts'
import { canaryCount, type PartName, type Step, type Strategy } from './steps.ts'

/** What a site's jobs are made of. */
export interface Site {
  /** the text of each part's job file */
  readonly files: Readonly<Record<PartName, string>>
  /** the site's variables, as the text of a variable file */
  readonly variables: string
}

/** Names of the workers' jobs: the one that is there, and the one that may come beside it. */
export interface WorkerJobs {
  readonly present: string
  readonly second: string
}

const SECOND = '-green'

/** The one that is there is whichever runs: after a blue-green release that is the other name. */
export const workerJobs = (named: string, runs: (id: string) => boolean): WorkerJobs => {
  const other = `${named}${SECOND}`
  return !runs(named) && runs(other) ? { present: other, second: named } : { present: named, second: other }
}

/** The site's variables with some of ours in the place of theirs. */
export const withVariables = (text: string, ours: Readonly<Record<string, string | number>>): string => {
  const names = Object.keys(ours).join('|')
  const theirs = names === '' ? text : text.replace(new RegExp(`^(?:${names})[ \\t]*=.*$`, 'gm'), '')
  const lines = Object.entries(ours).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  return [theirs, ...lines, ''].join('\n')
}

/** Variables of a step, beside the site's: its job's name, and whether deployments are on. */
export const variablesOf = (
  { part, job, action }: Step,
  strategy: Strategy,
  jobs: WorkerJobs,
): Readonly<Record<string, string | number>> => {
  if (part === 'autoscaler') return { workers_job: strategy === 'blue-green' ? jobs.second : jobs.present }
  if (part !== 'workers') return {}
  return { job: jobs[job], ...(action === 'settle' ? {} : { max_parallel: 1 }) }
}

/** A job file says how many a new job begins with; of one that runs the counts stay. */
const withCounts = (job: JobSpec, running: JobSpec | undefined): JobSpec => {
  const counts = new Map(running?.TaskGroups.map(({ Name, Count }) => [Name, Count]))
  return {
    ...job,
    TaskGroups: job.TaskGroups.map((group) => ({ ...group, Count: counts.get(group.Name) ?? group.Count })),
  }
}

/**
 * The job of a step, made of what its file says.
 * @param running what its counts are taken from
 */
export const specOf = (job: JobSpec, step: Step, strategy: Strategy, running: JobSpec | undefined): JobSpec => {
  const counted = withCounts(job, running)
  if (step.action === 'canary') {
    const groups = counted.TaskGroups.map((group) => {
      const update = { ...group.Update, Canary: canaryCount(strategy, group.Count), AutoPromote: false }
      return { ...group, Update: update }
    })
    return { ...counted, TaskGroups: groups }
  }
  // Its count is nobody's to change, and may be less than a pool's least.
  if (step.action === 'few-beside')
    return { ...counted, TaskGroups: counted.TaskGroups.map((group) => ({ ...group, Count: 1, Scaling: null })) }
  return counted
}

/**
 * The job that was there before, to be put back as gently as a release comes.
 * @param rolling a spec of the same job whose updates roll
 */
export const putBackSpec = (before: JobSpec, rolling: JobSpec | undefined, running: JobSpec | undefined): JobSpec => {
  const updates = new Map(rolling?.TaskGroups.map(({ Name, Update }) => [Name, Update]))
  const rolled: JobSpec = {
    ...before,
    Update: rolling?.Update ?? before.Update ?? null,
    TaskGroups: before.TaskGroups.map((group) => ({
      ...group,
      Update: updates.get(group.Name) ?? group.Update ?? null,
    })),
  }
  return withCounts(rolled, running)
}
