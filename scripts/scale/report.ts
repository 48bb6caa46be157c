import { table } from '../output.ts'
import type { Figures } from './figures.ts'
import { type Costs, costsOf, type Demand, type Needs, needsOf, type Prices } from './needs.ts'

/** 2 million a day, 20 million a day, 2 billion a month. */
export const SIZES = [2_000_000, 20_000_000, 2_000_000_000 / 30] as const

/**
 * What is taken where nothing else is said: Muster's own times, and the busiest five minutes of calls to a bank over twelve
 * weeks against their mean.
 * @source github.com/robjhyndman/fpp3, bank_calls
 */
export const ORDINARY = {
  peakFactor: 5.3,
  mix: { 'face-match': 0.5, liveness: 0.3, ocr: 0.2 },
  pictureBytes: 200_000,
  pictureDays: 1,
  recordDays: 60,
  keyDays: 60,
  utilisation: 0.7,
} as const satisfies Omit<Demand, 'checksPerDay'>

/** Three digits are more than such a plan can promise. */
export const figure = (value: number): string =>
  value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(value >= 10 ? 3 : 2)))

const LINES: readonly (readonly [string, keyof Needs])[] = [
  ['checks/s, mean', 'meanPerSecond'],
  ['checks/s, peak', 'peakPerSecond'],
  ['api, cores', 'apiCores'],
  ['workers on CPUs, cores', 'workerCores'],
  ['workers on GPU nodes, nodes', 'gpuNodes'],
  ['broker, messages/s', 'messagesPerSecond'],
  ['broker, cores of one node', 'brokerCores'],
  ['database, cores', 'databaseCores'],
  ['database, WAL MB/s at the peak', 'walMegabytesPerSecond'],
  ['database, GB a day', 'dayGigabytes'],
  ['database, GB kept', 'databaseGigabytes'],
  ['database, tables of jobs', 'tableCount'],
  ['Redis, cores', 'redisCores'],
  ['storage, GB of pictures', 'storageGigabytes'],
  ['storage, requests/s', 'storageRequestsPerSecond'],
  ['network for pictures, Mbit/s', 'networkMegabitsPerSecond'],
]

const COSTS: readonly (readonly [string, keyof Costs])[] = [
  ['workers', 'workers'],
  ['api, broker, database, Redis: cores', 'others'],
  ['database: disk', 'database'],
  ['storage', 'storage'],
  ['all', 'sum'],
]

/** What one demand takes and costs. */
export interface Plan {
  readonly demand: Demand
  readonly needs: Needs
  readonly costs: Costs | undefined
}

/** Plans side by side. */
export const inColumns = (plans: readonly Plan[], currency: string | undefined): string => {
  const head = ['', ...plans.map(({ demand }) => `${figure(demand.checksPerDay / 1e6)} million a day`)]
  const needs = LINES.filter(([, name]) => plans[0]?.needs[name] !== undefined).map(([label, name]) => [
    label,
    ...plans.map((plan) => figure(plan.needs[name] ?? 0)),
  ])
  const costs = COSTS.map(([label, name]) => [
    `${currency} per 1000 checks: ${label}`,
    ...plans.map((plan) => (plan.costs?.[name] ?? 0).toFixed(4)),
  ])
  return table([head, ...needs, ...(currency === undefined ? [] : costs)])
}

/** @param prices undefined = nothing is said of money */
export const planOf = (demand: Demand, figures: Figures, prices: Prices | undefined): Plan => ({
  demand,
  needs: needsOf(demand, figures),
  costs: prices && costsOf(demand, figures, prices),
})
