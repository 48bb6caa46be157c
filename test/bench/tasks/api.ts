import { apiConfig, apiRules } from '../../../api/config.ts'
import { startApi } from '../../../api/main.ts'
import { loadConfig } from '../../../infra/runtime/config.ts'
import { Lifecycle } from '../../../infra/runtime/lifecycle.ts'
import { createLogger } from '../../../infra/runtime/logger.ts'
import { serveParent } from '../child.ts'

/** The api as it is, under the benchmark's parent. */
const log = createLogger('bench-api', 'silent')
await startApi(loadConfig(apiConfig, process.env, apiRules), new Lifecycle(log, 5_000), log)
serveParent()
