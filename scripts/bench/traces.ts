import { table } from '../output.ts'

const figure = (value: number, digits = 2): string => value.toFixed(digits)

/** The part `traces`: what it costs to have them, and what it costs not to. */
export const reportTraces = async (
  { quick, rounds }: { readonly quick?: boolean; readonly rounds?: string },
  say: (line: string) => void,
): Promise<{ readonly data: unknown; readonly text: string }> => {
  const { measureTraces } = await import('../../test/bench/traces/traces.ts')
  const data = await measureTraces({
    concurrency: 32,
    rounds: Number(rounds ?? (quick ? 2 : 6)),
    durationMs: quick ? 1_500 : 4_000,
    warmUpMs: quick ? 500 : 1_000,
    say,
  })
  const rows = data.map(({ variant, perSecond, p50, cpuUs, toOff, cpuToOff, errorCount }) => [
    variant,
    figure(perSecond, 0),
    figure(p50, 1),
    figure(toOff),
    figure(cpuUs, 0),
    figure(cpuToOff),
    String(errorCount),
  ])
  const head = ['traces', 'checks/s', 'p50 ms', 'of off', 'CPU µs', 'of off', 'errors']
  return { data, text: table([head, ...rows]) }
}
