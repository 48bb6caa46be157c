import type { Dashboard, Variable } from './grafana-types.ts'
import { DATA_SOURCE, type PanelSpec, panel } from './panel.ts'

/** What a dashboard shows. */
export interface DashboardSpec {
  /** stable: links and bookmarks hold on to it */
  readonly uid: string
  readonly title: string
  readonly description: string
  /** what can be chosen beside the data source */
  readonly variables: readonly Variable[]
  /** each from left to right */
  readonly rows: readonly (readonly PanelSpec[])[]
}

const COLUMNS = 24
const CHART_HEIGHT = 8
const NUMBER_HEIGHT = 4
/** The version of the shape of dashboards that is written; Grafana brings older ones up to date as it reads them. */
const SCHEMA_VERSION = 41

const DATA_SOURCE_CHOICE: Variable = {
  name: 'datasource',
  label: 'Prometheus',
  type: 'datasource',
  query: 'prometheus',
  refresh: 1,
}

/** One that takes its values from a label. @param all may all be chosen at once? */
export const labelVariable = (name: string, label: string, metric: string, all: boolean): Variable => ({
  name,
  label,
  type: 'query',
  datasource: DATA_SOURCE,
  query: { query: `label_values(${metric}, ${name})`, refId: name },
  refresh: 2,
  sort: 1,
  includeAll: all,
  multi: all,
  ...(all && { allValue: '.+', current: { selected: true, text: 'All', value: '$__all' } }),
})

const panelsOf = (rows: DashboardSpec['rows']) => {
  let [y, id] = [0, 0]
  return rows.flatMap((row) => {
    const h = row.every(({ kind }) => kind === 'number') ? NUMBER_HEIGHT : CHART_HEIGHT
    const w = Math.floor(COLUMNS / row.length)
    const panels = row.map((spec, at) => {
      id += 1
      return panel(spec, id, { x: at * w, y, w, h })
    })
    y += h
    return panels
  })
}

/** A dashboard as Grafana has it, for one Prometheus or another. */
export const dashboard = ({ uid, title, description, variables, rows }: DashboardSpec): Dashboard => ({
  uid,
  title,
  description,
  tags: ['muster'],
  editable: true,
  graphTooltip: 1,
  refresh: '30s',
  schemaVersion: SCHEMA_VERSION,
  time: { from: 'now-6h', to: 'now' },
  timezone: 'browser',
  templating: { list: [DATA_SOURCE_CHOICE, ...variables] },
  annotations: { list: [] },
  links: [
    {
      ...{ title: 'Muster', type: 'dashboards', tags: ['muster'], icon: 'dashboard', tooltip: '', url: '' },
      ...{ asDropdown: true, includeVars: true, keepTime: true, targetBlank: false },
    },
  ],
  panels: panelsOf(rows),
})
