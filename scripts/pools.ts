import type { Command } from 'commander'
import type { PoolStatus } from '../autoscaler/pool-status.ts'
import type { CountBounds } from '../infra/domain/scaling.ts'
import { print, say, sayLoud, table } from './output.ts'

const HEADER = ['POOL', 'ASKED', 'PLACED', 'RUNNING', 'READY', 'BOUNDS', 'LOOKED', 'IN FORCE', 'LAST DECISION']
const cell = (value: number | null | undefined): string => (value === null || value === undefined ? '-' : String(value))

/** `12 s`, `3 min`, `5 h` */
export const formatAge = (ms: number): string => {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

const inForce = ({ override, schedule }: PoolStatus): string => {
  const said = override ? [`${override.kind}${override.count === null ? '' : ` ${override.count}`}`] : []
  return [...said, ...schedule.by].join(', ') || '-'
}

/** `./muster pools` */
export const registerPools = (program: Command): void => {
  program
    .command('pools')
    .summary('how each pool stands: nodes, bounds, what is in force, the last decision')
    .description('As the last look saw them. Read from the database alone.')
    .option('--json', 'for programs')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { withFleet } = await import('./fleet-database.ts')
      const { isStale } = await import('../autoscaler/pool-status.ts')
      const { report } = await import('../autoscaler/report.ts')
      const { zonesInWords } = await import('../autoscaler/zones/words.ts')
      const { toPoolFacts } = await import('../autoscaler/routes/pools.ts')
      const now = Date.now()
      const { statuses, pools } = await withFleet(program, [], async ({ pools, readPools }) => ({
        pools,
        statuses: await readPools([...pools.keys()], now),
      }))
      const factsOf = (status: PoolStatus) => toPoolFacts(status, pools.get(status.pool) as CountBounds, now)
      if (json) return print(JSON.stringify(statuses.map(factsOf), null, 2))
      const rows = statuses.map((status) => {
        const { last, pool } = status
        const { count, bounds } = factsOf(status)
        const counts = [count.asked, count.placed, count.running, count.ready].map(cell)
        const looked = last ? `${formatAge(now - last.at)} ago` : 'never'
        const words = last ? (report(last)[0] ?? '-').replace(`${pool}: `, '') : '-'
        return [pool, ...counts, `${bounds.min}..${bounds.max}`, looked, inForce(status), words]
      })
      print(table([HEADER, ...rows]))
      for (const { last, pool } of statuses)
        for (const line of last?.zones ? zonesInWords(last.zones) : []) say(`${pool}: ${line}`)
      for (const { last, pool } of statuses)
        if (last && last.doubts.length > 0) say(`${pool}: ${last.doubts.join('; ')}`)
      if (statuses.every(({ last }) => !last || isStale(last, now))) sayLoud('no autoscaler looks at them')
      else say('./muster why <pool> tells the reasons')
    })
}
