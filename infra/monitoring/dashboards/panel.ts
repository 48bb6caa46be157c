import type { FieldConfig, Panel, TimeSeriesOptions } from './grafana-types.ts'

/** One line of a chart, or the number of a stat. */
export interface Query {
  readonly expr: string
  /** what it is called; `{{label}}` stands for the value of a label */
  readonly legend: string
}

/** What a panel shows, without a place. */
export interface PanelSpec {
  readonly title: string
  readonly description?: string
  /** Grafana's name of the unit */
  readonly unit: 's' | 'percentunit' | 'reqps' | 'short' | 'bytes' | 'ops'
  readonly queries: readonly Query[]
  /** where it turns red; undefined = it never does */
  readonly redFrom?: number
  /** lines drawn on top of each other */
  readonly stacked?: boolean
  readonly kind?: 'chart' | 'number'
}

/** A place on a dashboard of 24 columns. */
export type Place = Readonly<Record<'x' | 'y' | 'w' | 'h', number>>

/** Which Prometheus is asked is chosen on the dashboard. */
export const DATA_SOURCE = { type: 'prometheus', uid: '$datasource' }

const CHART: TimeSeriesOptions = {
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true, calcs: [] },
  tooltip: { mode: 'multi', sort: 'desc' },
}

const NUMBER = {
  colorMode: 'value',
  graphMode: 'none',
  justifyMode: 'auto',
  orientation: 'auto',
  reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
  textMode: 'auto',
}

const thresholdsOf = (redFrom: number | undefined): NonNullable<FieldConfig['thresholds']> => ({
  mode: 'absolute',
  steps: [{ color: 'green', value: null }, ...(redFrom === undefined ? [] : [{ color: 'red', value: redFrom }])],
})

const fieldConfigOf = ({ kind, unit, redFrom, stacked }: PanelSpec): FieldConfig => ({
  unit,
  min: 0,
  thresholds: thresholdsOf(redFrom),
  ...(kind === 'number'
    ? { color: { mode: 'thresholds' } }
    : {
        color: { mode: 'palette-classic' },
        custom: {
          drawStyle: 'line',
          lineWidth: 1,
          fillOpacity: stacked ? 40 : 5,
          showPoints: 'never',
          spanNulls: false,
          stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
          thresholdsStyle: { mode: redFrom === undefined ? 'off' : 'line' },
        },
      }),
})

/** A panel as Grafana has it. @param id unique on its dashboard */
export const panel = (spec: PanelSpec, id: number, gridPos: Place): Panel => ({
  id,
  type: spec.kind === 'number' ? 'stat' : 'timeseries',
  title: spec.title,
  ...(spec.description && { description: spec.description }),
  gridPos: { ...gridPos },
  datasource: DATA_SOURCE,
  fieldConfig: { defaults: fieldConfigOf(spec), overrides: [] },
  options: spec.kind === 'number' ? { ...NUMBER } : { ...CHART },
  targets: spec.queries.map(({ expr, legend }, at) => ({
    refId: String.fromCharCode('A'.charCodeAt(0) + at),
    datasource: DATA_SOURCE,
    expr,
    legendFormat: legend,
    // Over a range, the number of what has fallen silent stays the last that was heard, for hours.
    ...(spec.kind === 'number' ? { instant: true, range: false } : { range: true }),
  })),
})
