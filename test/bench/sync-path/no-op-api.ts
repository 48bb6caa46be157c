import Type from 'typebox'
import { apiConfig, apiRules } from '../../../api/config.ts'
import { startApi } from '../../../api/main.ts'
import type { TaskDefinition } from '../../../api/routes/task-definition.ts'
import { loadConfig } from '../../../infra/runtime/config.ts'
import { Lifecycle } from '../../../infra/runtime/lifecycle.ts'
import { createLogger } from '../../../infra/runtime/logger.ts'
import { openTracing } from '../../../infra/telemetry/open-tracing.ts'
import { serveParent } from '../child.ts'

/** The liveness task without its picture, so that neither decoding nor a model is part of what is measured. */
const noOp: TaskDefinition = {
  task: 'liveness',
  path: 'no-op',
  pictures: [],
  options: {},
  result: Type.Object({ done: Type.Boolean() }),
  summary: 'Do nothing',
  description: 'Does nothing, the whole way.',
  example: { done: true },
}

const log = createLogger('bench-api', 'silent')
const config = loadConfig(apiConfig, process.env, apiRules)
const tracing = await openTracing(config, 'api')
await startApi(config, new Lifecycle(log, 5_000), log, { definitions: [noOp], tracing })
serveParent()
