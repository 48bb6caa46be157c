import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { autoscalerConfig, autoscalerRules, pricesOf, scaledPools } from '../../../autoscaler/config.ts'
import { ConfigError, loadConfig } from '../../../infra/runtime/config.ts'

const SERVERS = { DATABASE_URL: 'postgres://db/muster', RABBITMQ_URL: 'amqp://broker' }
const load = (env: Readonly<Record<string, string>>) =>
  loadConfig(autoscalerConfig, { ...SERVERS, ...env }, autoscalerRules)
const problems = (env: Readonly<Record<string, string>>): readonly string[] => {
  try {
    load(env)
    return []
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
}

describe('the configuration of an autoscaler', () => {
  it('needs nothing but the servers', () => {
    const config = load({})
    expect(config).toMatchObject({ FLEET: 'none', AUTOSCALER_MODE: 'apply', AUTOSCALER_INTERVAL_MS: 30_000 })
    expect([...scaledPools(config)]).toEqual(
      ['face-match', 'liveness', 'ocr'].map((pool) => [pool, { min: 1, max: 10 }]),
    )
  })

  it('scales the pools that are named, and no others', () => {
    expect([...scaledPools(load({ AUTOSCALER_POOLS: 'ocr=0..5' })).keys()]).toEqual(['ocr'])
  })

  it('knows prices where they are told, and then of every pool', () => {
    const dir = mkdtempSync(join(tmpdir(), 'muster-prices-'))
    onTestFinished(() => rmSync(dir, { recursive: true }))
    const path = join(dir, 'prices.json')
    const nodeClasses = { gpu: { onDemand: 1 } }
    writeFileSync(path, JSON.stringify({ currency: 'EUR', nodeClasses, pools: { ocr: { nodeClass: 'gpu' } } }))
    expect(pricesOf(load({ AUTOSCALER_PRICES_PATH: path, AUTOSCALER_POOLS: 'ocr=1..2' }))?.currency).toBe('EUR')
    expect(problems({ AUTOSCALER_PRICES_PATH: path }).join()).toMatch(/says nothing of pool face-match/)
    expect(pricesOf(load({}))).toBeUndefined()
  })

  it.each<[string, Readonly<Record<string, string>>, RegExp]>([
    [
      'a server that answers triggers',
      { TRIGGERS_FILE: 'triggers.yaml' },
      /PROMETHEUS_URL is needed with TRIGGERS_FILE/,
    ],
    [
      'no password in the address of that server',
      { TRIGGERS_FILE: 'triggers.yaml', PROMETHEUS_URL: 'http://ada:secret@prometheus:9090' },
      /PROMETHEUS_URL must be/,
    ],
    [
      'an address of Nomad',
      { FLEET: 'nomad', NOMAD_JOBS: 'face-match=w/f liveness=w/l ocr=w/o' },
      /NOMAD_ADDR is needed/,
    ],
    [
      'a job for every pool',
      { FLEET: 'nomad', NOMAD_ADDR: 'http://n', NOMAD_JOBS: 'ocr=w/o' },
      /NOMAD_JOBS says nothing of pool face-match/,
    ],
    ['an address of the node', { FLEET: 'local' }, /NODE_URL is needed/],
    ['pools that there are', { AUTOSCALER_POOLS: 'x=1..2' }, /AUTOSCALER_POOLS names x/],
    ['jobs of pools that there are', { NOMAD_JOBS: 'x=a/b' }, /NOMAD_JOBS names x/],
    ['capacities of pools that there are', { AUTOSCALER_CAPACITY: '10 x=2' }, /AUTOSCALER_CAPACITY names x/],
    [
      'a capacity for every pool',
      { AUTOSCALER_CAPACITY: 'ocr=2' },
      /AUTOSCALER_CAPACITY says nothing of pool face-match/,
    ],
    ['bounds that can be read', { AUTOSCALER_POOLS: 'ocr=9..2' }, /AUTOSCALER_POOLS: pool ocr needs/],
    ['pools that can be read', { POOLS: 'nonsense' }, /POOLS: /],
    ['looks that are not too rare', { AUTOSCALER_INTERVAL_MS: '90000' }, /AUTOSCALER_INTERVAL_MS must be/],
    ['time to close', { AUTOSCALER_SHUTDOWN_DELAY_MS: '15000' }, /must be less than AUTOSCALER_GRACE_MS/],
    ['a channel for its token', { SLACK_BOT_TOKEN: 'xoxb-1-2-abc' }, /belong together/],
    [
      'prices that can be read',
      { AUTOSCALER_PRICES_PATH: '/nowhere.json' },
      /AUTOSCALER_PRICES_PATH: .*cannot be read/,
    ],
    ['a mode that there is', { AUTOSCALER_MODE: 'maybe' }, /AUTOSCALER_MODE must be/],
  ])('needs %s', (_, env, problem) => {
    expect(problems(env).join('\n')).toMatch(problem)
  })
})
