/** The worker of a test build: crash points around its adapters, and a clock that may be wrong. */
import './skew.ts'

import { flushCompileCache } from 'node:module'
import { loadOrExit } from '../../infra/runtime/load-or-exit.ts'
import { createLogger } from '../../infra/runtime/logger.ts'
import { runProcess } from '../../infra/runtime/run-process.ts'
import { workerConfig, workerRules } from '../../worker/config.ts'
import { startWorker } from '../../worker/main.ts'
import { crashPoints } from './crash-points.ts'

const { CHAOS_DIR = '.', CHAOS_SKEW_MS: _skew, ...env } = process.env
const config = loadOrExit(workerConfig, env, workerRules)
await runProcess(createLogger('worker', config.LOG_LEVEL), config.WORKER_GRACE_MS, async (life, fail) => {
  await startWorker(config, life, fail, crashPoints(CHAOS_DIR, 'worker'))
  // Who is killed keeps nothing, and his successor would compile it all again.
  flushCompileCache()
})
