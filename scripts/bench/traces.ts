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
    // Short and many: what else the machine does changes from second to second.
    rounds: Number(rounds ?? (quick ? 8 : 120)),
    durationMs: 400,
    warmUpMs: 100,
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
