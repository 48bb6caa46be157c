import { CommanderError } from 'commander'
import { expect, it } from 'vitest'
import { JobNotFoundError, StorageDeniedError, UnavailableError } from '../../../infra/domain/errors.ts'
import { PoolsInvalidError } from '../../../infra/domain/pools.ts'
import { InstallFailedError, LocalServerFailedError, PackagesMissingError } from '../../../infra/local/errors.ts'
import { ConfigError } from '../../../infra/runtime/config.ts'
import { exitCodeOf, explain, NothingThereError, UsageError } from '../../../scripts/exit-code.ts'

it.each<[string, unknown, number]>([
  ['help and version', new CommanderError(0, 'commander.version', '0.1.0'), 0],
  ['an unexpected error', new Error('boom'), 1],
  ['something thrown that is no error', 'boom', 1],
  ['an unknown command', new CommanderError(1, 'commander.unknownCommand', 'unknown'), 2],
  ['a usage error', new UsageError('no'), 2],
  ['a configuration that cannot be used', new ConfigError(['A is required']), 2],
  ['pools that cannot be read', new PoolsInvalidError('no'), 2],
  ['something that does not exist', new NothingThereError('no log'), 3],
  ['a job that does not exist', new JobNotFoundError('1'), 3],
  ['refused credentials', new StorageDeniedError(new Error('403')), 4],
  ['a server that does not answer', new UnavailableError('postgres', new Error('refused')), 5],
  ['a private server that does not start', new LocalServerFailedError('Redis', 'no', '/log'), 5],
  ['packages that are missing', new PackagesMissingError(['redis-server'], 'Run: x'), 5],
  ['packages that cannot be installed', new InstallFailedError('no', '/log'), 5],
])('%s has its exit code', (_what, error, code) => {
  expect(exitCodeOf(error)).toBe(code)
})

it('explains an error with its cause, and never with a stack', () => {
  const lines = explain(new UnavailableError('postgres', new Error('connect ECONNREFUSED')))
  expect(lines).toEqual(['postgres is unavailable', '  because: connect ECONNREFUSED'])
})
