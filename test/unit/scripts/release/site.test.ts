import { describe, expect, it } from 'vitest'
import { specOf, variablesOf, withVariables, workerJobs } from '../../../../scripts/release/site.ts'
import { type Action, PARTS, planSteps, STRATEGIES, type Step } from '../../../../scripts/release/steps.ts'

const aStep = (action: Action, over: Partial<Step> = {}): Step => ({
  ...{ id: 'x', part: 'workers', action, job: 'present', says: '' },
  ...over,
})
const aJob = (counts: Readonly<Record<string, number>>) => ({
  ID: 'workers',
  TaskGroups: Object.entries(counts).map(([Name, Count]) => ({ Name, Count, Scaling: { Min: 2, Max: 9 } })),
})
const counts = ({ TaskGroups }: { readonly TaskGroups: readonly { Name: string; Count: number }[] }) =>
  Object.fromEntries(TaskGroups.map(({ Name, Count }) => [Name, Count]))

describe('the steps of every strategy', () => {
  it.each(STRATEGIES)('%s: begin with migrations, then workers, then api, then autoscaler', (strategy) => {
    const parts = planSteps(strategy).map(({ part }) => part)
    const first = PARTS.map((part) => parts.indexOf(part))
    expect(first).toEqual(first.toSorted((a, b) => a - b))
    expect(first).not.toContain(-1)
  })

  it.each(STRATEGIES)('%s: have names of their own', (strategy) => {
    const ids = planSteps(strategy).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('stop the old fleet only when nothing scales it any more', () => {
    const ids = planSteps('blue-green').map(({ id }) => id)
    expect(ids.indexOf('workers-stop')).toBeGreaterThan(ids.indexOf('autoscaler-roll'))
  })

  it('are those of the parts that are wanted', () => {
    expect(planSteps('rolling', ['api']).map(({ id }) => id)).toEqual(['api-roll'])
  })
})

describe('a job beside the workers', () => {
  it.each([
    [['w'], 'w', 'w-green'],
    [['w', 'w-green'], 'w', 'w-green'],
    [['w-green'], 'w-green', 'w'],
    [[], 'w', 'w-green'],
  ])('where %j run is the other one', (runs, present, second) => {
    expect(workerJobs('w', (id) => runs.includes(id))).toEqual({ present, second })
  })

  it('has counts that no pool may have, for a trial', () => {
    const spec = specOf(aJob({ a: 3, b: 4 }), aStep('few-beside'), 'canary', undefined)
    expect(counts(spec)).toEqual({ a: 1, b: 1 })
    expect(spec.TaskGroups.map((group) => 'Scaling' in group && group.Scaling)).toEqual([null, null])
  })
})

describe('variables', () => {
  it('of a step stand in the place of the site’s', () => {
    const text = withVariables('image = "a"\njob = "theirs"\njobs = "x"\n', { job: 'ours', max_parallel: 1 })
    expect(text.split('\n').filter(Boolean)).toEqual(['image = "a"', 'jobs = "x"', 'job = "ours"', 'max_parallel = 1'])
  })

  it('turn deployments on where allocations change, and off where they do not', () => {
    const jobs = { present: 'w', second: 'w-green' }
    expect(variablesOf(aStep('roll'), 'rolling', jobs)).toEqual({ job: 'w', max_parallel: 1 })
    expect(variablesOf(aStep('settle'), 'rolling', jobs)).toEqual({ job: 'w' })
    expect(variablesOf(aStep('roll', { part: 'api' }), 'rolling', jobs)).toEqual({})
  })
})

it('a group that is new begins with what its file says; the others stay as they are', () => {
  expect(counts(specOf(aJob({ a: 1, b: 2 }), aStep('roll'), 'rolling', aJob({ a: 7, c: 5 })))).toEqual({ a: 7, b: 2 })
})
