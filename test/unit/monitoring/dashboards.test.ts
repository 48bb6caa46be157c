import { describe, expect, it } from 'vitest'
import { DASHBOARDS, textOf } from '../../../infra/monitoring/dashboards/all.ts'
import { allDashboards, allRules, dashboardQueries, dashboardTexts, metricNames } from '../../fixtures/monitoring.ts'

const pages = allDashboards().map((page) => [page.uid, page] as const)

it('keeps as files what the code makes: ./muster monitoring dashboards writes them', () => {
  const made = new Map([...DASHBOARDS].map(([file, content]) => [file, textOf(content)]))
  expect([...dashboardTexts().keys()].sort()).toEqual([...made.keys()].sort())
  for (const [file, text] of dashboardTexts()) expect(text, file).toBe(made.get(file))
})

describe.each(pages)('%s', (_uid, page) => {
  it('asks the Prometheus that is chosen at its top, and names no host', () => {
    expect(page.templating.list[0]).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' })
    for (const { targets } of page.panels)
      for (const { datasource } of targets) expect(datasource.uid).toBe('$datasource')
    expect(JSON.stringify(page)).not.toMatch(/https?:|localhost|127\.0\.0\.1/)
  })

  it('uses variables that it has', () => {
    const has = page.templating.list.map(({ name }) => name)
    const used = dashboardQueries(page).flatMap((query) => [...query.matchAll(/\$(\w+)/g)].map(([, name]) => name))
    expect(used.filter((name) => name !== '__rate_interval').filter((name) => !has.includes(name as string))).toEqual(
      [],
    )
  })

  it('gives each panel a number, a title and a place of its own', () => {
    const { panels } = page
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    const taken = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    )
    expect(new Set(taken).size).toBe(taken.length)
    for (const { gridPos } of panels) expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
  })

  it('shows what rules record only if one does', () => {
    const recorded = new Set(allRules().flatMap(({ record }) => record ?? []))
    const used = dashboardQueries(page)
      .flatMap(metricNames)
      .filter((name) => name.startsWith('muster:'))
    expect(used.filter((name) => !recorded.has(name))).toEqual([])
  })
})

it('asks for numbers as they are now, not for the last that was heard', () => {
  const numbers = allDashboards().flatMap(({ panels }) => panels.filter(({ type }) => type === 'stat'))
  expect(numbers.length).toBeGreaterThan(5)
  for (const { title, targets } of numbers)
    for (const target of targets) expect(target, title).toMatchObject({ instant: true, range: false })
})

it('has one dashboard for all pools, by a variable', () => {
  const [, pool] = pages.find(([uid]) => uid === 'muster-pool') ?? []
  expect(pool?.templating.list.map(({ name }) => name)).toEqual(['datasource', 'pool', 'task'])
  expect(JSON.stringify(pool)).not.toMatch(/face-match|liveness|ocr/)
})
