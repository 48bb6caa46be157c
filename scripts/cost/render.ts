import type { CostLine, CostReport } from '../../infra/cost/account.ts'
import { table } from '../output.ts'

const hours = (value: number): string => value.toFixed(value < 1 ? 4 : value < 10 ? 2 : 1)
const money = (value: number): string => value.toFixed(value > 0 && value < 1 ? 4 : 2)
const orNone = (value: number | null): string => (value === null ? '-' : money(value))
const percent = (ratio: number): string => `${(ratio * 100).toFixed(1)} %`
const instant = (at: number): string => new Date(at).toISOString().slice(0, 16).replace('T', ' ')

const UNUSED: Readonly<Record<CostLine['kind'], string>> = { used: '', idle: '(idle)', absent: '(no worker there)' }
const NO_MODEL = '(no model decided)'

const nameOf = ({ kind, name }: CostLine): string => (kind === 'used' ? name || NO_MODEL : UNUSED[kind])

const section = (title: string, lines: readonly CostLine[], { cost, nodeHours, runCount }: CostReport): string =>
  table([
    [title, 'NODE-HOURS', 'COST', 'SHARE', 'RUNS', 'PER 1000'],
    ...lines.map((line) => [
      nameOf(line),
      hours(line.nodeHours),
      money(line.cost),
      percent(cost > 0 ? line.cost / cost : 0),
      line.kind === 'used' ? String(line.runCount) : '-',
      orNone(line.perThousand),
    ]),
    ['all', hours(nodeHours), money(cost), percent(cost > 0 ? 1 : 0), String(runCount), '-'],
  ])

const poolTable = ({ pools }: CostReport): string =>
  table([
    ['POOL', 'NODE-HOURS', 'COST', 'USED', 'IDLE', 'RUNS', 'PER 1000', 'MOST NODES', 'COST AT THAT COUNT'],
    ...pools.map((one) => [
      one.pool,
      hours(one.nodeHours),
      money(one.cost),
      percent(one.usedRatio),
      percent(one.idleRatio),
      String(one.runCount),
      orNone(one.perThousand),
      String(one.peakCount),
      money(one.staticCost),
    ]),
  ])

const saved = ({ cost, staticCost }: CostReport): string =>
  staticCost > 0 ? `: ${percent(1 - cost / staticCost)} less than always the most nodes (${money(staticCost)})` : ''

/** For people. */
export const costTable = (report: CostReport): string => {
  const { from, until, currency, cost, perThousand } = report
  const head = `${instant(from)} to ${instant(until)} UTC: ${money(cost)} ${currency}${saved(report)}`
  return [
    head,
    `a thousand runs: ${orNone(perThousand)} ${currency}, idle nodes included`,
    '',
    poolTable(report),
    '',
    section('MODELS', report.byModel, report),
    '',
    section('TENANT', report.byTenant, report),
  ].join('\n')
}

/** Quoted where a spreadsheet would misread it; what it would take for a formula is text. */
const cell = (value: string): string => {
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** For spreadsheets: the lines of each division, whose sums are the same. */
export const costCsv = ({ byPool, byModel, byTenant, currency }: CostReport): string => {
  const rows = (by: string, lines: readonly CostLine[]) =>
    lines.map(({ name, kind, nodeHours, cost, runCount }) => [
      ...[by, cell(name), kind, nodeHours.toFixed(6), cost.toFixed(6), currency, String(runCount)],
    ])
  return [
    ['by', 'name', 'kind', 'node_hours', 'cost', 'currency', 'runs'],
    ...rows('pool', byPool),
    ...rows('model', byModel),
    ...rows('tenant', byTenant),
  ]
    .map((row) => row.join(','))
    .join('\n')
}
