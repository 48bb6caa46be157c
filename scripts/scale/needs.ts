import { TASK_NAMES, type TaskName } from '../../infra/domain/task.ts'
import type { Figures } from './figures.ts'

const DAY_SECONDS = 86_400
const HOUR_SECONDS = 3_600
const MONTH_DAYS = 30
const GIGA = 1e9
const MEGA = 1e6

/** What is asked for. */
export interface Demand {
  readonly checksPerDay: number
  /** the busiest minutes against the mean of all of them */
  readonly peakFactor: number
  /** shares of the checks; they add up to 1 */
  readonly mix: Readonly<Record<TaskName, number>>
  readonly pictureBytes: number
  readonly pictureDays: number
  readonly recordDays: number
  readonly keyDays: number
  /** of a machine's time at the peak; what is above it is for what nobody foresaw */
  readonly utilisation: number
  /** checks a second of one GPU node of yours, measured there; none = nodes are not counted */
  readonly perGpuNode?: Readonly<Record<TaskName, number>>
}

/** Prices of somebody's price list, in one currency. */
export interface Prices {
  readonly currency: string
  readonly coreHour: number
  readonly gpuNodeHour: number
  /** disk of the database, with its copies */
  readonly databaseGbMonth: number
  readonly storageGbMonth: number
  readonly storagePer1000Requests: number
}

/** What that takes. Cores are at the peak. */
export interface Needs {
  readonly meanPerSecond: number
  readonly peakPerSecond: number
  readonly apiCores: number
  readonly workerCores: number
  /** instead of the workers' cores; undefined = no node was measured */
  readonly gpuNodes: number | undefined
  readonly brokerCores: number
  readonly messagesPerSecond: number
  readonly databaseCores: number
  readonly walMegabytesPerSecond: number
  readonly dayGigabytes: number
  readonly databaseGigabytes: number
  /** tables of jobs */
  readonly tableCount: number
  readonly redisCores: number
  readonly storageGigabytes: number
  /** puts, gets and deletes of pictures */
  readonly storageRequestsPerSecond: number
  /** pictures on their way in, to storage and to workers */
  readonly networkMegabitsPerSecond: number
}

const sumOf = (value: (task: TaskName) => number): number => TASK_NAMES.reduce((sum, task) => sum + value(task), 0)

/** Stored by the api, read by a worker, deleted when its time is over. */
const REQUESTS_PER_PICTURE = 3
/** In at the api, out to storage, in at the worker. */
const HOPS_PER_PICTURE = 3
/** Today, the days ahead, and the one for all other ids. */
const MORE_TABLES = 9

/** Work out what a demand takes. Pure: linear in the checks, so that it can be checked by hand. */
export const needsOf = (demand: Demand, figures: Figures): Needs => {
  const { checksPerDay, mix, utilisation, pictureBytes, pictureDays, recordDays, keyDays, perGpuNode } = demand
  const meanPerSecond = checksPerDay / DAY_SECONDS
  const peakPerSecond = meanPerSecond * demand.peakFactor
  const pictures = sumOf((task) => mix[task] * figures.pictures[task])
  const allSeconds = sumOf((task) => mix[task] / figures.perCoreSecond[task])
  const apiSeconds = pictures * figures.apiSecondsPerPicture
  const atPeak = (seconds: number): number => (peakPerSecond * seconds) / utilisation
  const dayGigabytes = (checksPerDay * figures.rowBytes) / GIGA
  return {
    meanPerSecond,
    peakPerSecond,
    apiCores: atPeak(apiSeconds),
    workerCores: atPeak(Math.max(0, allSeconds - apiSeconds)),
    gpuNodes: perGpuNode && Math.ceil(atPeak(sumOf((task) => mix[task] / perGpuNode[task]))),
    brokerCores: atPeak(figures.brokerSeconds),
    messagesPerSecond: peakPerSecond * figures.messages,
    databaseCores: atPeak(figures.databaseSeconds),
    walMegabytesPerSecond: (peakPerSecond * figures.walBytes) / MEGA,
    dayGigabytes,
    databaseGigabytes: dayGigabytes * recordDays + (checksPerDay * figures.keyBytes * keyDays) / GIGA,
    tableCount: recordDays + MORE_TABLES,
    redisCores: atPeak(figures.redisSeconds),
    storageGigabytes: (checksPerDay * pictures * pictureBytes * pictureDays) / GIGA,
    storageRequestsPerSecond: peakPerSecond * pictures * REQUESTS_PER_PICTURE,
    networkMegabitsPerSecond: (peakPerSecond * pictures * pictureBytes * HOPS_PER_PICTURE * 8) / MEGA,
  }
}

/** What a thousand checks cost, by what it is paid for. */
export interface Costs {
  readonly workers: number
  readonly others: number
  readonly database: number
  readonly storage: number
  readonly sum: number
}

/**
 * Workers follow the demand and cost what an autoscaled fleet does; everything else stands for the peak all the time.
 * Pure. Without a measured GPU node workers are cores.
 */
export const costsOf = (demand: Demand, figures: Figures, prices: Prices): Costs => {
  const needs = needsOf(demand, figures)
  const thousands = (demand.checksPerDay * MONTH_DAYS) / 1_000
  const hours = (MONTH_DAYS * DAY_SECONDS) / HOUR_SECONDS
  const followed = (atPeak: number): number => (atPeak / demand.peakFactor) * figures.fleetCostRatio * hours
  const workers =
    needs.gpuNodes === undefined
      ? followed(needs.workerCores) * prices.coreHour
      : followed(needs.gpuNodes) * prices.gpuNodeHour
  const standing = needs.apiCores + needs.brokerCores + needs.databaseCores + needs.redisCores
  const requests = (needs.storageRequestsPerSecond / demand.peakFactor) * hours * HOUR_SECONDS
  const each = {
    workers: workers / thousands,
    others: (standing * hours * prices.coreHour) / thousands,
    database: (needs.databaseGigabytes * prices.databaseGbMonth) / thousands,
    storage:
      (needs.storageGigabytes * prices.storageGbMonth + (requests / 1_000) * prices.storagePer1000Requests) / thousands,
  }
  return { ...each, sum: each.workers + each.others + each.database + each.storage }
}

/** The busiest interval of a trace against the mean of all. @param rates requests a second, interval by interval */
export const peakFactorOf = (rates: readonly number[]): number => {
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length
  return rates.reduce((most, rate) => Math.max(most, rate), 0) / mean
}
