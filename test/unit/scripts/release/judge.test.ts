import { describe, expect, it } from 'vitest'
import { judgeRelease } from '../../../../scripts/release/judge.ts'
import type { Surface } from '../../../../scripts/release/surface.ts'

const path = (name: string) => ({ [name]: { get: { responses: {} } } })
const aSurface = (over: Partial<Surface> = {}): Surface => ({
  version: '1.4.0',
  messageVersion: 1,
  migrations: [{ file: '0001_a.sql', sha256: 'aa' }],
  models: [{ name: 'eyes', version: '1.0.0', digest: 'sha256:00' }],
  variables: [
    { name: 'NEEDED', required: true },
    { name: 'FREE', required: false },
  ],
  api: { paths: path('/v1/a') },
  autoscaler: undefined,
  ...over,
})
const last = aSurface()
const judge = (over: Partial<Surface>) => judgeRelease(last, aSurface({ version: '1.4.1', ...over }))
const breaking = (over: Partial<Surface>) =>
  judge(over)
    .changes.filter((change) => change.breaking)
    .map(({ at, what }) => `${at}: ${what}`)

describe('a release', () => {
  it('that changes nothing has nothing against it, under the same version too', () => {
    expect(judgeRelease(last, aSurface())).toEqual({ changes: [], problems: [] })
  })

  it.each([
    ['an operation that is gone', { api: { paths: {} } }, 'GET /v1/a: it is gone'],
    ['a variable that is gone', { variables: [{ name: 'NEEDED', required: true }] }, 'FREE: the variable is gone'],
    [
      'a variable that is needed now',
      { variables: last.variables.map((each) => ({ ...each, required: true })) },
      'FREE: the variable is required now',
    ],
    ['messages of another version', { messageVersion: 2 }, 'messages: version 2, was 1'],
  ])('with %s needs a version that says so', (_what, over: Partial<Surface>, change) => {
    expect(breaking(over)).toEqual([change])
    expect(judge(over).problems).toEqual([expect.stringContaining('must be 2.0.0 or higher, and is 1.4.1')])
    expect(judge({ ...over, version: '1.9.0' }).problems).toHaveLength(1)
    expect(judge({ ...over, version: '2.0.0' }).problems).toEqual([])
  })

  it('says by its second number that it breaks something, until 1.0', () => {
    const before = aSurface({ version: '0.4.1' })
    const problems = (version: string) => judgeRelease(before, aSurface({ version, messageVersion: 2 })).problems
    expect(problems('0.4.9')).toHaveLength(1)
    expect(problems('0.5.0')).toEqual([])
  })

  it('may add', () => {
    const more = {
      api: { paths: { ...path('/v1/a'), ...path('/v1/b') } },
      variables: [...last.variables, { name: 'MORE', required: false }],
      migrations: [...last.migrations, { file: '0002_b.sql', sha256: 'bb' }],
      models: [...last.models, { name: 'ears', version: '1.0.0', digest: 'sha256:01' }],
      autoscaler: { paths: path('/v1/pools') },
    }
    expect(breaking(more)).toEqual([])
    expect(judge(more).problems).toEqual([])
    expect(judge(more).changes.map(({ at }) => at)).toEqual(['GET /v1/b', 'MORE', 'model ears'])
  })

  it('is no older than the one before', () => {
    expect(judge({ version: '1.3.9' }).problems[0]).toContain('1.3.9 is older')
  })

  it('has no other model under a name and version there were before', () => {
    const models = [{ name: 'eyes', version: '1.0.0', digest: 'sha256:ff' }]
    expect(judge({ models }).problems).toEqual([expect.stringContaining('eyes 1.0.0 is another file')])
  })

  it.each([
    ['edited', [{ file: '0001_a.sql', sha256: 'ab' }]],
    ['taken away', []],
  ])('has no migration that was %s', (_how, migrations) => {
    expect(judge({ migrations }).problems).toEqual([expect.stringContaining('0001_a.sql was released')])
  })

  it('takes nothing of the autoscaler away unseen', () => {
    const before = aSurface({ autoscaler: { paths: path('/v1/pools') } })
    const { changes } = judgeRelease(before, aSurface({ autoscaler: { paths: {} } }))
    expect(changes).toEqual([{ breaking: true, at: 'autoscaler GET /v1/pools', what: 'it is gone' }])
  })

  it('is told what its migrations take away', () => {
    expect(judgeRelease(last, aSurface(), ['0002_b.sql drops a column']).problems).toEqual([
      '0002_b.sql drops a column',
    ])
  })
})
