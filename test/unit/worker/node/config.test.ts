import { describe, expect, it } from 'vitest'
import { type ConfigError, loadConfig } from '../../../../infra/runtime/config.ts'
import { nodeConfig, nodeRules } from '../../../../worker/node/config.ts'

const problemsOf = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(nodeConfig, env, nodeRules)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

describe('the configuration of a node', () => {
  it('needs nothing: every value has a default', () => {
    expect(loadConfig(nodeConfig, {}, nodeRules)).toMatchObject({ NODE_ADMIN_HOST: '127.0.0.1', NODE_MAX_WORKERS: 16 })
  })

  it.each([
    ['a pool that does not exist', { NODE_WORKERS: 'gpu=1' }, 'NODE_WORKERS names gpu'],
    ['more workers than the most', { NODE_MAX_WORKERS: '2' }, 'NODE_WORKERS asks for more'],
    ['counts that cannot be read', { NODE_WORKERS: 'ocr' }, 'pool=count'],
    [
      'one more pool that chooses than the most',
      { NODE_MAX_WORKERS: '1', NODE_WORKERS: 'ocr=1 liveness=auto' },
      'for more',
    ],
    ['pools that cannot be read', { POOLS: 'ocr=reading' }, 'a task that is not one of'],
    ['a back-off that falls', { NODE_RESTART_MIN_MS: '60000' }, 'NODE_RESTART_MIN_MS must not be over'],
    ['a grace its workers do not fit in', { NODE_GRACE_MS: '25000' }, 'NODE_GRACE_MS must be longer'],
    ['a heartbeat timeout below two heartbeats', { NODE_HEARTBEAT_TIMEOUT_MS: '1500' }, 'NODE_HEARTBEAT_TIMEOUT_MS'],
    ['a token that can be guessed', { NODE_ADMIN_TOKEN: 'short' }, 'NODE_ADMIN_TOKEN'],
  ])('refuses %s', (_what, env, words) => {
    const problems = problemsOf(env as Record<string, string>)
    expect(problems).toEqual([expect.stringContaining(words)])
  })

  it('allows the pools of any fleet', () => {
    expect(problemsOf({ POOLS: 'gpu=face-match,liveness cpu=ocr', NODE_WORKERS: 'gpu=2 cpu=0' })).toEqual([])
  })
})
