import { table } from '../output.ts'

const figure = (value: number, digits = 0): string => value.toFixed(digits)

/** The part `partitions`: what it costs to have the jobs in days, and what it saves. */
export const reportPartitions = async (
  { quick, rounds }: { readonly quick?: boolean; readonly rounds?: string },
  say: (line: string) => void,
): Promise<{ readonly data: unknown; readonly text: string }> => {
  const { measurePartitions } = await import('../../test/bench/partitions/partitions.ts')
  const data = await measurePartitions({
    dayCount: 60,
    filledCount: quick ? 30_000 : 300_000,
    concurrencies: [1, 32],
    rounds: Number(rounds ?? (quick ? 4 : 60)),
    durationMs: 250,
    warmUpMs: quick ? 500 : 2_000,
    dropCounts: quick ? [1_000, 10_000] : [10_000, 100_000, 1_000_000],
    cutCount: quick ? 20_000 : 1_000_000,
    sizeCount: quick ? 2_048 : 20_480,
    say,
  })
  const rows = data.rows.flatMap(({ concurrency, perSecond, p50, toBefore }) =>
    (['0.1.0', 'table', 'days'] as const).map((kind) => [
      String(concurrency),
      { '0.1.0': 'as 0.1.0 did', table: 'keys apart', days: '60 days' }[kind],
      figure(perSecond[kind]),
      figure(p50[kind], 2),
      figure(toBefore[kind], 2),
    ]),
  )
  const drops = data.drops.map(({ jobs, dropMs, dropWalBytes, deleteMs, deleteWalBytes }) =>
    [jobs, dropMs, dropWalBytes / 1_000, deleteMs, deleteWalBytes / 1_000].map((value) => figure(value)),
  )
  const { cut, sizes } = data
  const text = [
    table([['callers', 'rows', 'jobs/s', 'p50 ms', 'of 0.1.0'], ...rows]),
    table([['jobs of the day', 'drop ms', 'WAL kB', 'delete ms', 'WAL kB'], ...drops]),
    `cut of ${cut.jobs} jobs: ${figure(cut.wholeMs)} ms; an insert waited ${figure(cut.longestInsertMs)} ms at most ` +
      `(${figure(cut.longestInsertBeforeMs)} ms before it)`,
    `a job: row ${figure(sizes.rowBytes)} bytes, indexes ${figure(sizes.indexBytes)}, key ${figure(sizes.keyBytes)}, WAL ${figure(sizes.walBytes)} and ${figure(sizes.forgetWalBytes)} until all is forgotten`,
  ].join('\n\n')
  return { data, text }
}
