/** What rollouts cost a job while there is none: `node test/bench/rollout-off.ts`. */

import { systemClock } from '../../infra/runtime/clock.ts'
import { createLogger } from '../../infra/runtime/logger.ts'
import { createMetrics } from '../../infra/runtime/metrics.ts'
import type { Executor } from '../../worker/executor.ts'
import { createModelRuns } from '../../worker/model-runs.ts'
import { createRollouts } from '../../worker/rollout/rollouts.ts'

const CALLS = 5_000_000
const [log, { metrics }] = [createLogger('bench', 'silent'), createMetrics('bench')]
const executor: Executor = { models: {}, devices: [], run: async () => [], close: async () => {} }
const runs = createModelRuns({ executor, metrics, clock: systemClock }, { maxSize: 1, maxDelayMs: 0 }, 1)
const nobody = async () => {}

const { partOf } = createRollouts('bench', ['liveness'], {
  store: { inForce: async () => [], enter: async () => 0, tell: nobody, add: nobody },
  open: async () => ({ executor, close: nobody }),
  base: { executor, runs },
  runsOf: () => runs,
  keepThresholds: nobody,
  ...{ clock: systemClock, log, metrics },
})
const job = { id: '01934c2e-7b1a-7c3e-9d42-5f0a1b2c3d4e', tenant: 'acme', task: 'liveness' } as const

for (const warm of [true, false]) {
  const start = performance.now()
  let wanted = 0
  for (let call = 0; call < CALLS; call += 1) if (partOf(job)) wanted += 1
  const nanoseconds = ((performance.now() - start) * 1e6) / CALLS
  if (!warm) console.log(`${nanoseconds.toFixed(1)} ns a job, ${wanted} wanted`)
}
