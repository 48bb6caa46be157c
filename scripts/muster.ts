import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { registerAudit } from './audit.ts'
import { registerBench } from './bench.ts'
import { registerBundle } from './bundle.ts'
import { registerCapacity } from './capacity.ts'
import { registerChaos } from './chaos.ts'
import { registerCheck } from './check.ts'
import { registerConfig } from './config.ts'
import { registerCost } from './cost.ts'
import { registerDlq } from './dlq.ts'
import { registerDoctor } from './doctor.ts'
import { registerDown } from './down.ts'
import { registerDrain } from './drain.ts'
import { registerDrift } from './drift.ts'
import { exitCodeOf, explain } from './exit-code.ts'
import { registerHold } from './hold.ts'
import { registerKeys } from './keys.ts'
import { registerLoad } from './load.ts'
import { registerLogs } from './logs.ts'
import { registerMigrate } from './migrate.ts'
import { registerModels } from './models.ts'
import { registerMonitoring } from './monitoring.ts'
import { registerNode } from './node.ts'
import { registerNodes } from './nodes.ts'
import { registerNomad } from './nomad.ts'
import { sayLoud } from './output.ts'
import { registerOverride } from './override.ts'
import { registerPools } from './pools.ts'
import { registerRelease } from './release.ts'
import { registerRollout } from './rollout.ts'
import { registerSbom } from './sbom.ts'
import { registerScale } from './scale.ts'
import { registerSchedule } from './schedule.ts'
import { registerSimulate } from './simulate.ts'
import { registerStatus } from './status.ts'
import { registerSupportBundle } from './support-bundle.ts'
import { registerTenants } from './tenants.ts'
import { registerTest } from './test.ts'
import { registerTop } from './top.ts'
import { registerTriggers } from './triggers.ts'
import { registerUp } from './up.ts'
import { registerWebhooks } from './webhooks.ts'
import { registerWhy } from './why.ts'

const EXAMPLES = `Examples:
  ./muster up                                    start everything, and check that it works
  ./muster check face-match one.jpg two.jpg      is it the same person?
  ./muster status                                what runs, and where
  ./muster logs api -f                           follow one log
  ./muster test unit -- -t "lease"               some of the tests
  ./muster down                                  stop everything; data stays
`

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }

/** The command line: one file a command, each of which loads what it needs only when it is run. */
const program = new Command('muster')
  .description('Identity checks on a fleet of GPU workers: this command runs and tests Muster on one machine.')
  .version(version)
  .option('--dir <folder>', 'the stack to speak of; .muster in the checkout unless told')
  .addHelpText('before', EXAMPLES)
  .addHelpText('after', '\nExit codes: 0 ok, 1 failed, 2 usage, 3 not found, 4 denied, 5 unavailable.')
  .showSuggestionAfterError()
  .showHelpAfterError('(./muster --help lists the commands)')
  .exitOverride()

for (const register of [
  registerUp,
  registerCheck,
  registerDown,
  registerStatus,
  registerLogs,
  registerKeys,
  registerTenants,
  registerPools,
  registerTop,
  registerNodes,
  registerDrain,
  registerWhy,
  registerOverride,
  registerSchedule,
  registerTriggers,
  registerHold,
  registerTest,
  registerBench,
  registerChaos,
  registerSimulate,
  registerScale,
  registerLoad,
  registerCapacity,
  registerCost,
  registerDrift,
  registerDoctor,
  registerSupportBundle,
  registerDlq,
  registerAudit,
  registerWebhooks,
  registerMigrate,
  registerModels,
  registerRollout,
  registerNode,
  registerNomad,
  registerRelease,
  registerConfig,
  registerMonitoring,
  registerSbom,
  registerBundle,
])
  register(program)

try {
  await program.parseAsync()
} catch (error) {
  // Commander has already said what is wrong.
  if (!(error instanceof CommanderError)) for (const line of explain(error)) sayLoud(`muster: ${line}`)
  process.exitCode = exitCodeOf(error)
}
