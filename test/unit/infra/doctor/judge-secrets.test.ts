import { describe, expect, it } from 'vitest'
import { judgePictureKeys, judgeWebhookSecrets } from '../../../../infra/doctor/judge-secrets.ts'

const by = (keyId: string, count = 1) => ({ keyId, count })

describe('webhook secrets', () => {
  it.each([
    [[], ['aa'], 'ok', '0, all sealed with the present key'],
    [[], [], 'ok', 'none is stored'],
    [[by('aa', 3)], ['aa', 'bb'], 'ok', '3, all sealed'],
    [[by('aa'), by('bb', 2)], ['aa', 'bb'], 'warning', '2 are not sealed with the present key'],
    [[by('plain', 4), by('aa')], ['aa'], 'warning', '4 are not sealed with the present key'],
    [[by('plain', 4)], [], 'warning', '4 are stored readable'],
    [[by('cc', 5), by('bb')], ['aa', 'bb'], 'problem', '5 were sealed with a key that is not there'],
    [[by('aa', 2)], [], 'problem', '2 were sealed with a key that is not there'],
  ] as const)('%j under %j: %s', (sealed, keys, state, detail) => {
    const found = judgeWebhookSecrets(sealed, keys)
    expect(found).toMatchObject({ check: 'webhook-secrets', state, detail: expect.stringContaining(detail) })
    expect(found.fix === undefined).toBe(state === 'ok')
  })
})

describe('keys of pictures', () => {
  it.each([
    [[], [], 'ok', 'stored as they are'],
    [[by('a', 9)], ['b', 'a'], 'ok', 'b seals'],
    [
      [by('a', 9), by('old', 2), by('older')],
      ['a'],
      'problem',
      '3 jobs have pictures sealed with keys that are not there: old, older',
    ],
    [[by('a')], [], 'problem', '1 jobs'],
  ] as const)('%j under %j: %s', (sealed, keys, state, detail) => {
    expect(judgePictureKeys(sealed, keys)).toMatchObject({
      check: 'encryption-keys',
      state,
      detail: expect.stringContaining(detail),
    })
  })
})
