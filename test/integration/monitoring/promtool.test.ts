import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { allDashboards, MONITORING } from '../../fixtures/monitoring.ts'
import { promtool } from '../../fixtures/promtool.ts'

const scratch = mkdtempSync(join(tmpdir(), 'muster-rules-'))
afterAll(() => rmSync(scratch, { recursive: true }))

const filesIn = (folder: string): readonly string[] => readdirSync(join(MONITORING, folder))

it('finds nothing wrong with the configuration and every rule it names', async () => {
  const { code, output } = await promtool(['check', 'config', join(MONITORING, 'prometheus.yml')])
  expect(output).toContain(`SUCCESS: ${filesIn('rules').length} rule files found`)
  expect(output).not.toContain('FAILED')
  expect(code).toBe(0)
})

describe('the rules', () => {
  it.each(filesIn('tests'))('fire and are quiet as %s says', async (file) => {
    const { code, output } = await promtool(['test', 'rules', join(MONITORING, 'tests', file)])
    expect(output).toContain('SUCCESS')
    expect(code, output).toBe(0)
  })

  it('are really tried: a rule that is taken out is missed', async () => {
    const file = join(scratch, 'none.yml')
    const look = { expr: 'ALERTS{alertname="MusterQueueAge",alertstate="firing"}', eval_time: '5m' }
    const sample = { labels: 'ALERTS{alertname="MusterQueueAge",alertstate="firing"}', value: 1 }
    const test = { input_series: [], promql_expr_test: [{ ...look, exp_samples: [sample] }] }
    writeFileSync(file, stringify({ rule_files: [join(MONITORING, 'rules', 'jobs.yml')], tests: [test] }))
    expect((await promtool(['test', 'rules', file])).code).toBe(1)
  })
})

it('understands every query of every dashboard', async () => {
  const exprs = allDashboards().flatMap(({ panels }) =>
    panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  )
  expect(exprs.length).toBeGreaterThan(80)
  const rules = exprs.map((expr, at) => ({
    record: `dashboard:query:${at}`,
    expr: expr.replaceAll('$__rate_interval', '5m'),
  }))
  const file = join(scratch, 'queries.yml')
  writeFileSync(file, stringify({ groups: [{ name: 'dashboards', rules }] }))
  const { code, output } = await promtool(['check', 'rules', file])
  expect(output).toContain(`SUCCESS: ${rules.length} rules found`)
  expect(code, output).toBe(0)
})

it('shows no number of the objectives while nothing counts, as at night', async () => {
  const exprs = allDashboards().flatMap(({ panels }) =>
    panels.flatMap(({ type, targets }) => (type === 'stat' ? targets.map(({ expr }) => expr) : [])),
  )
  const shares = exprs.filter((expr) => expr.includes(':ratio')).map((expr) => expr.replaceAll('$task', '.+'))
  expect(shares.length).toBe(2)
  const series = 'muster_check_duration_seconds_count{task="ocr",answered="succeeded"}'
  // promtool's clock begins at midnight.
  const promql_expr_test = shares.map((expr) => ({ expr, eval_time: '2h', exp_samples: [] }))
  const tests = [{ interval: '1m', input_series: [{ series, values: '0+60x120' }], promql_expr_test }]
  const rule_files = ['hours.yml', 'slo-records.yml'].map((name) => join(MONITORING, 'rules', name))
  const file = join(scratch, 'night.yml')
  writeFileSync(file, stringify({ rule_files, evaluation_interval: '1m', tests }))
  const { code, output } = await promtool(['test', 'rules', file])
  expect(code, output).toBe(0)
})
