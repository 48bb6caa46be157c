import type { CapacityMeasurement, CapacityStore } from '../ports/capacity-store.ts'
import type { Queryable, Statement } from './statement.ts'

const statement = (name: string, text: string): Statement => ({ name: `capacity.${name}`, text })

const COLUMNS = `pool, models, device, workers_per_node as "workersPerNode", checks_per_second as "checksPerSecond",
          p95_ms as "p95Ms", slo_ms as "sloMs", (extract(epoch from measured_at) * 1000)::float8 as "measuredAt"`

const SAVE = statement(
  'save',
  `insert into capacity_measurement (pool, models, device, workers_per_node, checks_per_second, p95_ms, slo_ms)
   values ($1, $2, $3, $4, $5, $6, $7)`,
)
const LATEST = statement(
  'latest',
  `select distinct on (pool) ${COLUMNS} from capacity_measurement order by pool, measured_at desc, id desc`,
)
const LIST = statement(
  'list',
  `select ${COLUMNS} from capacity_measurement where pool = $1 order by measured_at desc, id desc limit $2`,
)

/** Measured capacities in PostgreSQL. */
export const createCapacityStore = (db: Queryable): CapacityStore => ({
  async save({ pool, models, device, workersPerNode, checksPerSecond, p95Ms, sloMs }) {
    await db.query(SAVE, [pool, models, device, workersPerNode, checksPerSecond, p95Ms, sloMs])
  },
  async latest() {
    return (await db.query<CapacityMeasurement>(LATEST, [])).rows
  },
  async list(pool, limit) {
    return (await db.query<CapacityMeasurement>(LIST, [pool, limit])).rows
  },
})
