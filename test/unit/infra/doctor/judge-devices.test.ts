import { expect, it } from 'vitest'
import { judgeDevices } from '../../../../infra/doctor/judge-devices.ts'

it('is well where no device is quarantined', () => {
  expect(judgeDevices([])).toEqual([{ check: 'quarantined-devices', state: 'ok', detail: 'none' }])
})

it('tells of each device, and how it is released', () => {
  const one = { node: 'gpu-7', device: 'cuda', pools: 'face-match', why: 'cudnn', since: 0, seenAt: 0, endedAt: null }
  expect(judgeDevices([one, { ...one, node: 'gpu-8' }])).toEqual([
    expect.objectContaining({
      state: 'problem',
      detail: 'cuda of node gpu-7 (face-match) gets no jobs since 1970-01-01T00:00:00.000Z: cudnn',
      fix: expect.stringContaining('./muster node release cuda'),
    }),
    expect.objectContaining({ detail: expect.stringContaining('gpu-8') }),
  ])
})
