import { join } from 'node:path'
import { table } from '../output.ts'
import { ROOT } from '../stack/folder.ts'

const percent = (share: number): string => (share > 0 ? `${Math.round(100 * share)} %` : '-')

/** The part `bottleneck`: every hop throttled in turn with the verdict it gets, and what it costs to count minutes. */
export const reportBottleneck = async (
  { quick, rounds }: { readonly quick?: boolean; readonly rounds?: string },
  say: (line: string) => void,
): Promise<{ readonly data: unknown; readonly text: string }> => {
  const { startServers, stopServers } = await import('../../infra/local/servers.ts')
  const { proveBottlenecks } = await import('../../test/bench/throttles/prove.ts')
  const { measureOnOff } = await import('../../test/bench/throttles/on-off.ts')
  const { measureTallyCost } = await import('../../test/bench/throttles/tally-cost.ts')
  const { createMinuteStore } = await import('../../infra/postgres/minute-store.ts')
  const { openPool } = await import('../../infra/postgres/pool.ts')
  const dir = join(ROOT, '.muster', 'bench')
  try {
    const { postgres, rabbitmq, redis } = await startServers(dir)
    const databaseUrl = postgres?.url ?? ''
    const urls = { databaseUrl, rabbitmqUrl: rabbitmq?.url ?? '', redisUrl: redis?.url ?? '' }
    const proofs = await proveBottlenecks(urls, ({ throttled, hop }) => say(`${throttled}: ${hop}`))
    const database = openPool({ url: databaseUrl, maxCount: 4, durable: false })
    const cost = await measureTallyCost(createMinuteStore(database)).finally(() => database.end())
    await stopServers(dir)
    const onOff = await measureOnOff(Number(rounds ?? (quick ? 4 : 20)))
    const rows = proofs.map(({ throttled, hop, cause, share, confidence, isRight }) => {
      return [throttled, hop, cause || '-', percent(share), confidence || '-', isRight ? 'yes' : 'NO']
    })
    const { plainUs, countedUs, tellMs, tellsPerSecond } = cost
    const words = [
      `one check tells the metrics what takes ${plainUs.toFixed(1)} µs of CPU, and ${countedUs.toFixed(1)} µs with minutes counted;`,
      `a report takes ${tellMs.toFixed(1)} ms, and four processes at once bring in ${tellsPerSecond.toFixed(0)} a second;`,
      `checks a second with minutes counted: ${onOff.rateRatio.toFixed(3)} of those without, CPU of a check: ${onOff.cpuRatio.toFixed(3)}`,
    ]
    const head = ['throttled', 'verdict', 'cause', 'share', 'confidence', 'right']
    return { data: { proofs, cost, onOff }, text: `${table([head, ...rows])}\n\n${words.join('\n')}` }
  } finally {
    await stopServers(dir)
  }
}
