/** The api of a test build: crash points around its adapters, and a clock that may be wrong. */
import './skew.ts'
import './hurry.ts'

import { flushCompileCache } from 'node:module'
import { apiConfig, apiRules } from '../../api/config.ts'
import { startApi } from '../../api/main.ts'
import { loadOrExit } from '../../infra/runtime/load-or-exit.ts'
import { createLogger } from '../../infra/runtime/logger.ts'
import { runProcess } from '../../infra/runtime/run-process.ts'
import { crashPoints } from './crash-points.ts'

const { CHAOS_DIR = '.', CHAOS_SKEW_MS: _skew, CHAOS_MOST_PAUSE_MS: _most, ...env } = process.env
const config = loadOrExit(apiConfig, env, apiRules)
const log = createLogger('api', config.LOG_LEVEL)
await runProcess(log, config.API_GRACE_MS, async (life) => {
  await startApi(config, life, log, { around: crashPoints(CHAOS_DIR, 'api') })
  // Who is killed keeps nothing, and his successor would compile it all again.
  flushCompileCache()
})
