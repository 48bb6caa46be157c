import type * as schema from '@grafana/schema'
import type { Options } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen'

/** A type of Grafana's schema with the values of its enums written out, so that none of Grafana's code is needed to run. */
type Plain<T> = T extends string
  ? `${T}`
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Name in keyof T]: Plain<T[Name]> }
      : T

/** A dashboard as Grafana's own schema has it. */
export type Dashboard = Plain<schema.Dashboard>
/** One of its panels. */
export type Panel = Plain<Omit<schema.Panel, 'fieldConfig'>> & {
  fieldConfig: { defaults: FieldConfig; overrides: [] }
}
/** How the values of a panel are drawn, charts included. */
export type FieldConfig = Plain<Omit<schema.FieldConfig, 'custom'>> & { custom?: Plain<schema.GraphFieldConfig> }
/** What only charts have. */
export type TimeSeriesOptions = Plain<Options>
/** What can be chosen at the top of a dashboard. */
export type Variable = Plain<schema.VariableModel>
