import { afterEach, describe, expect, it } from 'vitest'
import { type FaultSeen, judgeDevice } from '../../../../worker/node/device-judge.ts'
import { Quarantine } from '../../../../worker/node/quarantine.ts'
import { silence } from '../../../fixtures/silence.ts'

const policy = { faultCount: 3, windowMs: 600_000 }
const at = (minute: number, overrides: Partial<FaultSeen> = {}): FaultSeen => ({
  ...{ device: 'cuda', kind: 'broken', reason: 'cudnn', at: minute * 60_000 },
  ...overrides,
})
const now = 20 * 60_000

describe('a device', () => {
  it.each([
    ['that had no fault', []],
    ['with fewer faults than count', [at(18), at(19)]],
    ['whose faults are long ago', [at(1), at(2), at(3), at(19)]],
    ['that only had no room', Array.from({ length: 20 }, () => at(19, { kind: 'memory', reason: 'out-of-memory' }))],
    ['that had no room and two faults', [at(18), at(18, { kind: 'memory' }), at(19)]],
    ['whose third fault lies just outside the window', [at(10), at(18), at(19)]],
  ] as const)('%s is well', (_what, faults) => {
    expect(judgeDevice(faults, now, policy)).toEqual({ kind: 'well' })
  })

  it.each([
    ['that failed thrice', [at(17), at(18), at(19)], '3 faults within 10 min: cudnn'],
    [
      'that failed in several ways',
      [at(19, { reason: 'illegal-access' }), at(12), at(18, { kind: 'unusable', reason: 'unusable' })],
      '3 faults within 10 min: cudnn, unusable, illegal-access',
    ],
    ['whose faults come all at once', [at(20), at(20), at(20), at(20)], '4 faults within 10 min: cudnn'],
  ] as const)('%s is quarantined', (_what, faults, why) => {
    expect(judgeDevice(faults, now, policy)).toEqual({ kind: 'quarantine', why })
  })

  it('that fails at once is quarantined where one fault is enough', () => {
    expect(judgeDevice([at(20)], now, { faultCount: 1, windowMs: 5_000 })).toEqual({
      kind: 'quarantine',
      why: '1 faults within 5 s: cudnn',
    })
  })
})

describe('the quarantine of a node', () => {
  const changes: unknown[] = []
  const counted: unknown[] = []
  afterEach(() => {
    changes.length = 0
    counted.length = 0
  })

  const aQuarantine = () =>
    new Quarantine(policy, {
      log: silence().log,
      metrics: { count: (...args) => void counted.push(args) },
      clock: { now: () => 1_000, monotonic: () => now },
      onChange: ({ kind, quarantined }) => void changes.push([kind, quarantined.device]),
    })
  const fault = { device: 'cuda', kind: 'broken', reason: 'cudnn' } as const

  it('begins once, is told of, and ends by a release that forgives', () => {
    const quarantine = aQuarantine()
    for (const _ of [1, 2]) quarantine.note(fault, {})
    expect([quarantine.active, quarantine.gauge()]).toEqual([false, new Map([['cuda', 0]])])
    for (const _ of [1, 2]) quarantine.note(fault, {})
    expect(quarantine.list()).toEqual([{ device: 'cuda', why: '3 faults within 10 min: cudnn', since: 1_000 }])
    expect(quarantine.gauge()).toEqual(new Map([['cuda', 1]]))
    expect([quarantine.release('cpu'), quarantine.release('cuda'), quarantine.release('cuda')]).toEqual([
      false,
      true,
      false,
    ])
    quarantine.note(fault, {})
    expect(quarantine.active).toBe(false)
    expect(changes).toEqual([
      ['begun', 'cuda'],
      ['released', 'cuda'],
    ])
  })

  it('counts every fault by its reason', () => {
    const quarantine = aQuarantine()
    quarantine.note(fault, {})
    quarantine.note({ ...fault, kind: 'memory', reason: 'out-of-memory' }, {})
    expect(counted).toEqual([
      ['device_faults', { reason: 'cudnn' }],
      ['device_faults', { reason: 'out-of-memory' }],
    ])
  })

  it('of one device is none of another', () => {
    const quarantine = aQuarantine()
    for (const _ of [1, 2]) quarantine.note(fault, {})
    quarantine.note({ ...fault, device: 'webgpu' }, {})
    expect(quarantine.active).toBe(false)
  })
})
