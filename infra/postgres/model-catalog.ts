import type { ModelRef } from '../domain/job.ts'
import type { TaskName } from '../domain/task.ts'
import type { KeptThresholdSet, ModelCatalog, TaskModels } from '../ports/model-catalog.ts'
import type { Database } from './pool.ts'
import type { Statement } from './statement.ts'

/** Workers announce every minute; a model nobody announced for this long no longer decides. */
const IN_USE = "interval '5 minutes'"

const statement = (name: string, text: string): Statement => ({ name: `model.${name}`, text })

const ANNOUNCE = statement(
  'announce',
  `insert into model_in_use (task, digest, name, version)
   select $1, m.digest, m.name, m.version
     from jsonb_to_recordset($2::jsonb) as m(digest text, name text, version text)
       on conflict (task, digest) do update set seen_at = now(), name = excluded.name, version = excluded.version`,
)
const LIST = statement(
  'list',
  `select task, name, version, digest from model_in_use where seen_at > now() - ${IN_USE} order by task, name, version`,
)

/** Workers say it again and again: what is known costs no write. */
const KEEP_THRESHOLDS = statement(
  'keep-thresholds',
  'insert into threshold_set (digest, task, thresholds) values ($1, $2, $3::jsonb) on conflict do nothing',
)
const THRESHOLDS = statement(
  'thresholds',
  'select digest, task, thresholds, first_seen_at from threshold_set where digest = $1',
)

/** The models in use, as the workers announce them. */
export const createModelCatalog = (db: Database): ModelCatalog => ({
  async announce(task, models) {
    await db.query(ANNOUNCE, [task, JSON.stringify(models)])
  },
  async list() {
    const { rows } = await db.query<ModelRef & { task: TaskName }>(LIST, [])
    const tasks = new Map<TaskName, ModelRef[]>()
    for (const { task, ...model } of rows) tasks.set(task, [...(tasks.get(task) ?? []), model])
    return [...tasks].map(([task, models]): TaskModels => ({ task, models }))
  },
  async keepThresholds({ digest, task, thresholds }) {
    await db.query(KEEP_THRESHOLDS, [digest, task, JSON.stringify(thresholds)])
  },
  async thresholds(digest) {
    const { rows } = await db.query<Omit<KeptThresholdSet, 'firstSeenAt'> & { first_seen_at: Date }>(THRESHOLDS, [
      digest,
    ])
    return (
      rows[0] && {
        digest,
        task: rows[0].task,
        thresholds: rows[0].thresholds,
        firstSeenAt: rows[0].first_seen_at.getTime(),
      }
    )
  },
})
