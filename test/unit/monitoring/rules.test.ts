import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { allDashboards, allRules, allTried, MONITORING, metricNames } from '../../fixtures/monitoring.ts'

const ROOT = join(MONITORING, '..', '..')
const RUNBOOKS = join(ROOT, 'docs', 'runbooks')
const rules = allRules()
const alerts = rules.filter(({ alert }) => alert !== undefined)
const names = alerts.map(({ alert }) => alert as string)

/** What a link to a dashboard opens, the variable it chooses, and whether it does so even if the alert has no such label. */
const linkOf = (url = '') => {
  const [, uid, , always, sometimes] =
    /^\{\{ \$externalLabels\.muster_grafana \}\}\/d\/([\w-]+)(\?var-(\w+)=\{\{ \$labels\.\3 \}\}|\{\{ with \$labels\.(\w+) \}\}\?var-\4=\{\{ \. \}\}\{\{ end \}\})?$/.exec(
      url,
    ) ?? []
  return { uid, variable: always ?? sometimes, always: always !== undefined }
}

describe('alerts', () => {
  it('have names of their own that say whose they are', () => {
    expect(names.length).toBeGreaterThan(25)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/^Muster([A-Z][a-z]+)+$/)
  })

  it.each(alerts.map((rule) => [rule.alert as string, rule] as const))(
    '%s says how urgent it is, what is wrong, and where to read and look on',
    (name, { labels, annotations }) => {
      expect(labels?.severity).toMatch(/^(critical|warning|info|none)$/)
      expect(annotations?.summary?.length).toBeGreaterThan(10)
      expect(annotations?.description?.length).toBeGreaterThan(10)
      expect(annotations?.runbook_url).toBe(`{{ $externalLabels.muster_docs }}/runbooks/${name}.md`)
      const { uid, variable, always } = linkOf(annotations?.dashboard_url)
      const page = allDashboards().find((one) => one.uid === uid)
      expect(page, annotations?.dashboard_url).toBeDefined()
      if (variable) expect(page?.templating.list.map((one) => one.name)).toContain(variable)
      // A link that chooses the pool with no name shows an empty page.
      const fired = allTried().filter(({ alert }) => alert === name)
      if (always) for (const labels of fired.flatMap(({ firing }) => firing)) expect(labels).toContain(`${variable}="`)
    },
  )

  it.each(names)('%s is tried where it fires and where it is quiet', (name) => {
    const tried = allTried().filter(({ alert }) => alert === name)
    expect(tried.some(({ firing }) => firing.length > 0)).toBe(true)
    // One that always fires is never quiet.
    if (name !== 'MusterWatchdog') expect(tried.some(({ firing }) => firing.length === 0)).toBe(true)
  })

  it('have a runbook each, and no runbook is left over', () => {
    const pages = readdirSync(RUNBOOKS).filter((file) => file !== 'README.md')
    expect(pages.sort()).toEqual(names.map((name) => `${name}.md`).sort())
  })

  it.each(names)('%s’s runbook says what it means, how to see, what to do and whom to wake', (name) => {
    const text = readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8')
    expect(text.startsWith(`# ${name}\n`)).toBe(true)
    for (const heading of ['What it means', 'How to see', 'What to do', 'Whom to wake'])
      expect(text).toContain(`\n## ${heading}\n`)
    for (const [, path = ''] of text.matchAll(/\]\(([^)#]+)[^)]*\)/g))
      expect(existsSync(join(RUNBOOKS, path)), path).toBe(true)
  })

  it('are listed with their severity in docs/monitoring.md', () => {
    const text = readFileSync(join(ROOT, 'docs', 'monitoring.md'), 'utf8')
    const listed = [...text.matchAll(/^\| \[(\w+)\]\(runbooks\/\1\.md\) \| (\w+) \|/gm)].map(
      ([, name, how]) => `${name} ${how}`,
    )
    expect(listed.sort()).toEqual(alerts.map(({ alert, labels }) => `${alert} ${labels?.severity}`).sort())
  })

  it('have runbooks that name commands that exist', () => {
    const commands = new Set(
      readdirSync(join(ROOT, 'scripts'))
        .filter((file) => file.endsWith('.ts'))
        .flatMap((file) => [...readFileSync(join(ROOT, 'scripts', file), 'utf8').matchAll(/\.command\('([\w-]+)/g)])
        .map(([, name]) => name),
    )
    const texts = names.map((name) => readFileSync(join(RUNBOOKS, `${name}.md`), 'utf8'))
    const used = texts.flatMap((text) => [...text.matchAll(/\.\/muster ([a-z-]+)(?: ([a-z][a-z-]*)[ `])?/g)])
    expect(used.length).toBeGreaterThan(50)
    const words = used.flatMap(([, command, sub]) => [command, ...(sub && command !== 'check' ? [sub] : [])])
    const services = ['api', 'worker', 'autoscaler']
    expect(words.filter((word) => !commands.has(word) && !services.includes(word as string))).toEqual([])
  })

  it('use what other rules record only if one does', () => {
    const recorded = new Set(rules.flatMap(({ record }) => record ?? []))
    const used = rules.flatMap(({ expr }) => metricNames(expr).filter((name) => name.startsWith('muster:')))
    expect(used.length).toBeGreaterThan(10)
    expect(used.filter((name) => !recorded.has(name))).toEqual([])
  })
})

interface Scrape {
  readonly job_name: string
  readonly relabel_configs?: readonly { readonly regex: string }[]
}
const scrapes = (file: string): readonly Scrape[] =>
  (parse(readFileSync(join(MONITORING, file), 'utf8')) as { scrape_configs: readonly Scrape[] }).scrape_configs

it.each(['prometheus.yml', 'prometheus.nomad.yml'])('scrapes with %s under the names that rules know', (file) => {
  const named = rules.flatMap(({ expr }) => [...expr.matchAll(/job="([\w-]+)"/g)].map(([, job]) => job as string))
  expect(new Set(named)).toEqual(new Set(['muster-api', 'muster-autoscaler']))
  const jobs = scrapes(file).map(({ job_name }) => job_name)
  expect(jobs).toEqual(expect.arrayContaining([...named, 'muster-node']))
})

it('finds on Nomad the services that the job files register', () => {
  const services = ['api', 'autoscaler', 'worker', 'worker-compose', 'worker-raw-exec'].flatMap((name) => {
    const text = readFileSync(join(ROOT, 'nomad', `${name}.nomad.hcl`), 'utf8')
    const job = /^variable "job" \{[^}]*default\s*=\s*"([\w-]+)"/m.exec(text)?.[1]
    const metrics = text.matchAll(/"\$\{var\.job\}-(metrics|\$\{group\.value\.pool\})"/g)
    return [...metrics].map(([, end]) => `${job}-${end === 'metrics' ? end : 'ocr'}`)
  })
  const patterns = scrapes('prometheus.nomad.yml').map((one) => new RegExp(`^(?:${one.relabel_configs?.[0]?.regex})$`))
  expect(new Set(services)).toEqual(new Set(['muster-api-metrics', 'muster-autoscaler-metrics', 'muster-workers-ocr']))
  for (const service of new Set(services))
    expect(
      patterns.filter((one) => one.test(service)),
      service,
    ).toHaveLength(1)
})

it('keeps alerts quiet only for alerts that exist', () => {
  const { inhibit_rules } = parse(readFileSync(join(MONITORING, 'alertmanager.yml'), 'utf8')) as {
    inhibit_rules: readonly { source_matchers: readonly string[]; target_matchers: readonly string[] }[]
  }
  const matchers = inhibit_rules
    .flatMap(({ source_matchers, target_matchers }) => [...source_matchers, ...target_matchers])
    .filter((matcher) => matcher.startsWith('alertname'))
  expect(matchers.length).toBeGreaterThan(5)
  for (const matcher of matchers) {
    const pattern = new RegExp(`^(?:${/"(.+)"/.exec(matcher)?.[1]})$`)
    expect(
      names.some((name) => pattern.test(name)),
      matcher,
    ).toBe(true)
  }
})
