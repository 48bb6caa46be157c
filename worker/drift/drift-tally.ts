import { binKey, binsOf, type DriftShare, NO_SDK, OTHER_SDK } from '../../infra/domain/drift-signals.ts'
import type { Job, ModelRef } from '../../infra/domain/job.ts'
import type { DriftReport, DriftStore } from '../../infra/ports/drift-store.ts'
import type { Logger } from '../../infra/ports/logger.ts'
import type { JobRun, RunJob } from '../run-job.ts'

interface TallyDeps {
  readonly store: Pick<DriftStore, 'tell'>
  readonly log: Logger
}

/** How outcomes are distributed on this process. Nobody waits for it: they are counted in memory, and told of together. */
export interface DriftTally {
  /** The same, counted. */
  watch(runJob: RunJob): RunJob
  /** Tell what was counted since the last time. Never throws: what could not be told is told with the next. */
  tell(): Promise<void>
}

/** Fewer would tell what one person's picture came to: they stay in the process until others have joined, and are lost with it. */
const LEAST_TOLD = 5
/** Callers say themselves what they are: one that makes names up must not make rows without end. */
const MOST_SDKS = 16

/** `name@version` of all that decided, sorted. */
const modelOf = (models: readonly ModelRef[]): string =>
  [...new Set(models.map(({ name, version }) => `${name}@${version}`))].sort().join(',')

/** Which share, and in it by signal and bin. */
interface Cut {
  readonly which: Omit<DriftShare, 'counts'>
  readonly signals: Map<string, Map<string, number>>
}

const total = (bins: ReadonlyMap<string, number>): number => [...bins.values()].reduce((sum, count) => sum + count, 0)

/** Take out of a cut the signals that have enough in them. */
const takeTold = ({ which, signals }: Cut): DriftShare => {
  const counts: Record<string, number> = {}
  for (const [signal, bins] of signals) {
    if (total(bins) < LEAST_TOLD) continue
    for (const [bin, count] of bins) counts[binKey(signal, bin)] = count
    signals.delete(signal)
  }
  return { ...which, counts }
}

/** @param source this process; another one that comes after it has another name */
export const createDriftTally = ({ store, log }: TallyDeps, source: string): DriftTally => {
  const cuts = new Map<string, Cut>()
  const sdks = new Set<string>([NO_SDK])
  let number = 0
  /** may not have arrived: told again as it was, so that it counts once */
  let untold: DriftReport | undefined

  const known = (sdk: string): string => {
    if (sdks.size < MOST_SDKS) sdks.add(sdk)
    return sdks.has(sdk) ? sdk : OTHER_SDK
  }

  const add = (which: Cut['which'], bins: ReturnType<typeof binsOf>): void => {
    const key = JSON.stringify(which)
    const cut = cuts.get(key) ?? { which, signals: new Map() }
    cuts.set(key, cut)
    for (const { signal, bin } of bins) {
      const counts = cut.signals.get(signal) ?? new Map<string, number>()
      cut.signals.set(signal, counts.set(bin, (counts.get(bin) ?? 0) + 1))
    }
  }

  const count = ({ tenant, task, input }: Job, { result, error, models }: JobRun['outcome']): void => {
    const bins = binsOf(task, { result, error })
    if (bins.length === 0) return
    const model = modelOf(models)
    add({ task, model, by: 'tenant', value: tenant }, bins)
    add({ task, model, by: 'sdk', value: known(input.sdk ?? NO_SDK) }, bins)
  }

  const next = (): DriftReport => {
    const shares = [...cuts.values()].map(takeTold).filter(({ counts }) => Object.keys(counts).length > 0)
    for (const [key, { signals }] of cuts) if (signals.size === 0) cuts.delete(key)
    number += 1
    return { source, number, shares }
  }

  const tellOne = async (): Promise<void> => {
    untold ??= next()
    if (untold.shares.length > 0) await store.tell(untold)
    untold = undefined
  }

  return {
    watch: (runJob) => async (job, withdrawn) => {
      const run = await runJob(job, withdrawn)
      count(job, run.outcome)
      return run
    },
    async tell() {
      try {
        if (untold) await tellOne()
        await tellOne()
      } catch (error) {
        log.warn({ error }, 'how outcomes are distributed could not be told: it is told later')
      }
    },
  }
}
