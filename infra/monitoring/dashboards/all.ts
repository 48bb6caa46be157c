import { AUTOSCALER } from './autoscaler.ts'
import { dashboard } from './dashboard.ts'
import { FLEET } from './fleet.ts'
import type { Dashboard } from './grafana-types.ts'
import { POOL_PAGE } from './pool.ts'
import { SERVERS } from './servers.ts'

/** Every dashboard, by the name of its file. */
export const DASHBOARDS: ReadonlyMap<string, Dashboard> = new Map(
  [FLEET, POOL_PAGE, AUTOSCALER, SERVERS].map((spec) => [`${spec.uid}.json`, dashboard(spec)]),
)

/** The text of a dashboard's file. */
export const textOf = (content: Dashboard): string => `${JSON.stringify(content, null, 2)}\n`
