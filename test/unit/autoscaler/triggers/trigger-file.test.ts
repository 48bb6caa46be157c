import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_TRIGGERS, parseTriggers, TriggersInvalidError } from '../../../../autoscaler/triggers/trigger-file.ts'
import { documentedTriggers } from '../../../fixtures/triggers.ts'

const problemsOf = (text: string, known?: readonly string[]): readonly string[] => {
  try {
    parseTriggers(text, known)
  } catch (error) {
    if (error instanceof TriggersInvalidError) return error.problems
    throw error
  }
  return []
}
const FILE = `# what pools scale on beside their demand
pools:
  checks:
    - name: partner-queue
      query: sum(partner_queue_ready)
      targetPerNode: 50
      activation: 5
      maxNodes: 20
      for: 1m
      keepFor: 1h30m
      staleAfter: 90s
      letGoAfter: 6h
  papers:
    - { name: gpu, query: sum(DCGM_FI_DEV_GPU_UTIL), targetPerNode: 70 }
`

describe('a file of triggers', () => {
  it('says all there is to say of a trigger, and may leave out the most', () => {
    const triggers = parseTriggers(FILE, ['checks', 'papers'])
    expect(triggers.get('checks')).toEqual([
      {
        ...{ name: 'partner-queue', query: 'sum(partner_queue_ready)', targetPerNode: 50, activation: 5, maxNodes: 20 },
        ...{ forMs: 60_000, keepForMs: 5_400_000, staleAfterMs: 90_000, letGoAfterMs: 21_600_000 },
      },
    ])
    expect(triggers.get('papers')).toEqual([
      {
        ...{ name: 'gpu', query: 'sum(DCGM_FI_DEV_GPU_UTIL)', targetPerNode: 70, activation: 0, maxNodes: undefined },
        ...{ forMs: 0, keepForMs: 300_000, staleAfterMs: 60_000, letGoAfterMs: undefined },
      },
    ])
  })

  it('may be JSON', () => {
    const given = { pools: { checks: [{ name: 'a', query: 'up', targetPerNode: 0.5, for: 0 }] } }
    expect(parseTriggers(JSON.stringify(given, null, 2)).get('checks')).toMatchObject([{ name: 'a', forMs: 0 }])
  })

  it('may have no trigger at all', () => {
    expect(parseTriggers('pools: {}').size).toBe(0)
    expect(parseTriggers('pools: { checks: [] }').get('checks')).toEqual([])
  })

  it.each<[string, string, string]>([
    [
      'a missing member',
      FILE.replace('      targetPerNode: 50\n', ''),
      'line 4: checks/partner-queue: targetPerNode is missing',
    ],
    [
      'a target of nothing',
      FILE.replace('50', '0'),
      'line 6: checks/partner-queue: targetPerNode must be a number above 0',
    ],
    [
      'a target that is a text',
      FILE.replace('50', '"50"'),
      'line 6: checks/partner-queue: targetPerNode must be a number above 0',
    ],
    [
      'an infinite target',
      FILE.replace('50', '.inf'),
      'line 6: checks/partner-queue: targetPerNode must be a number above 0',
    ],
    [
      'a time without a unit',
      FILE.replace('1m\n', '60\n'),
      'line 9: checks/partner-queue: for must be a time such as 90s, 5m or 1h, 0 s to 60 min',
    ],
    [
      'a time that is too long',
      FILE.replace('90s', '2h'),
      'line 11: checks/partner-queue: staleAfter must be a time such as 90s, 5m or 1h, 1 s to 60 min',
    ],
    [
      'a name for no metric',
      FILE.replace('partner-queue', '"a b"'),
      'line 4: checks/a b: name must be 1 to 40 letters, digits, dots, dashes or underscores',
    ],
    [
      'a query of nothing',
      FILE.replace('sum(partner_queue_ready)', '" "'),
      'line 5: checks/partner-queue: query must be PromQL of 2000 characters at most',
    ],
    [
      'no nodes at most',
      FILE.replace('maxNodes: 20', 'maxNodes: 0'),
      'line 8: checks/partner-queue: maxNodes must be 1 or more nodes',
    ],
    ['a pool that is none', FILE.replace('papers', 'paper'), 'line 13: paper is no pool; there are: checks, papers'],
    [
      'a name that is there twice',
      FILE.replace('{ name: gpu', '{ name: gpu, query: up, targetPerNode: 1 }\n    - { name: gpu'),
      'line 15: papers/gpu: is there twice',
    ],
    ['something else beside the pools', `${FILE}other: 1\n`, 'line 15: only `pools` is known here'],
    ['a list of pools', 'pools: []', 'line 1: must be `pools:` with a list of triggers for each pool'],
    ['nothing', '', 'line 1: must be `pools:` with a list of triggers for each pool'],
    [
      'a trigger that is a text',
      'pools:\n  checks:\n    - up',
      'line 3: checks: a trigger has name, query and targetPerNode',
    ],
    ['a pool without a list', 'pools:\n  checks: 7', 'line 2: checks: must be a list of triggers'],
  ])('refuses %s, and says where', (_, text, problem) => {
    expect(problemsOf(text, ['checks', 'papers'])).toEqual([problem])
  })

  it('names every problem at once, with its line', () => {
    const text = FILE.replace('50', '-1').replace('1m\n', 'soon\n').replace('activation: 5', 'direction: out')
    expect(problemsOf(text)).toEqual([
      expect.stringMatching(/^line 7: checks\/partner-queue: direction is not known; there are: name, query,/),
      expect.stringMatching(/^line 6: .* targetPerNode must/),
      expect.stringMatching(/^line 9: .* for must/),
    ])
  })

  it('refuses what is no YAML, with its line', () => {
    expect(problemsOf('pools:\n  checks: [')).toEqual([expect.stringMatching(/^line 2: this is not YAML/)])
    expect(problemsOf('pools:\n  a: []\n  a: []')).toEqual([
      expect.stringMatching(/^line \d: this is not YAML \(DUPLICATE_KEY\)$/),
    ])
  })

  it('refuses more triggers than a look should ask for', () => {
    const many = Array.from({ length: MAX_TRIGGERS + 1 }, (_, index) => ({
      name: `t${index}`,
      query: 'up',
      targetPerNode: 1,
    }))
    expect(problemsOf(JSON.stringify({ pools: { checks: many } }))).toEqual([
      `line 1: checks: has ${MAX_TRIGGERS + 1} triggers; ${MAX_TRIGGERS} at most`,
    ])
  })

  it('refuses any other text with words, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          parseTriggers(text)
        } catch (error) {
          expect(error).toBeInstanceOf(TriggersInvalidError)
        }
      }),
    )
  })

  it('takes no list that names itself', () => {
    expect(problemsOf('pools:\n  checks: &a\n    - *a')).toEqual([
      'line 3: checks: a trigger has name, query and targetPerNode',
    ])
  })
})

it.each(documentedTriggers())('the documents show a file that is right: %#', (text) => {
  expect([...parseTriggers(text).keys()]).toEqual(['face-match'])
})
