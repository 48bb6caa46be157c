import { expect, it } from 'vitest'
import { createReadTriggers } from '../../../../autoscaler/triggers/read-triggers.ts'
import { openTriggerBook } from '../../../../autoscaler/triggers/trigger-book.ts'
import { TriggersInvalidError } from '../../../../autoscaler/triggers/trigger-file.ts'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import type { MetricQuery } from '../../../../infra/ports/metric-query.ts'
import { silence } from '../../../fixtures/silence.ts'

const NOW = 1_700_000_000_000
const clock = { now: () => NOW, monotonic: () => 0 }
const { log } = silence()
const file = (...names: readonly string[]) =>
  JSON.stringify({ pools: { checks: names.map((name) => ({ name, query: name, targetPerNode: 1 })) } })

const aBook = async (text: string) => {
  const said = { text, error: undefined as Error | undefined }
  const read = async () => {
    if (said.error) throw said.error
    return said.text
  }
  return { said, book: await openTriggerBook({ read, pools: ['checks', 'papers'], log }) }
}

const names = (book: { of(pool: string): readonly { readonly name: string }[] }) =>
  book.of('checks').map(({ name }) => name)

it('starts with no file that cannot be used', async () => {
  await expect(aBook('pools: 1')).rejects.toThrow(TriggersInvalidError)
  await expect(aBook('pools: { other: [] }')).rejects.toThrow('other is no pool')
})

it('takes an edited file from the next look on', async () => {
  const { said, book } = await aBook(file('a'))
  said.text = file('b', 'c')
  expect(names(book)).toEqual(['a'])
  await book.look()
  expect(names(book)).toEqual(['b', 'c'])
})

it('goes on with the last good file, says so, and takes the mended one', async () => {
  const { said, book } = await aBook(file('a'))
  said.text = 'pools: ['
  await book.look()
  expect(names(book)).toEqual(['a'])
  expect(book.problem()).toMatch(/^line 1: this is not YAML/)
  said.error = new Error('ENOENT: no such file')
  await book.look()
  expect(book.problem()).toMatch(/ENOENT/)
  said.error = undefined
  said.text = file('a')
  await book.look()
  expect([names(book), book.problem()]).toEqual([['a'], undefined])
})

it('asks for all triggers of a pool at once, and knows how old an answer is', async () => {
  const { book } = await aBook(file('fresh', 'old', 'empty', 'away'))
  let open = 0
  let most = 0
  const answers: Readonly<Record<string, () => Awaited<ReturnType<MetricQuery['read']>>>> = {
    fresh: () => ({ kind: 'value', value: 3, at: NOW, warnings: ['w'] }),
    old: () => ({ kind: 'value', value: 4, at: NOW - 90_000, warnings: [] }),
    empty: () => ({ kind: 'none', why: 'no data' }),
    away: () => {
      throw new UnavailableError('prometheus', new Error('status 502'))
    },
  }
  const query: MetricQuery = {
    async read(text, at) {
      expect(at).toBe(NOW)
      most = Math.max(most, ++open)
      await Promise.resolve()
      open -= 1
      return (answers[text] as () => Awaited<ReturnType<MetricQuery['read']>>)()
    },
  }
  const { looks } = await createReadTriggers({ book, query, clock })('checks')
  expect(looks.map(({ answer }) => answer)).toEqual([
    { kind: 'value', value: 3, ageMs: 0, warnings: ['w'] },
    { kind: 'value', value: 4, ageMs: 90_000, warnings: [] },
    { kind: 'none', why: 'no data' },
    { kind: 'none', why: 'Prometheus does not answer (status 502)' },
  ])
  expect(most).toBe(4)
})

it('waits for no server that is silent, and for no file that is', async () => {
  const { said, book } = await aBook(file('a'))
  const silent: MetricQuery = { read: () => new Promise(() => {}) }
  const read = createReadTriggers({ book: { ...book, look: () => new Promise(() => {}) }, query: silent, clock }, 20)
  said.text = file('b')
  expect((await read('checks')).looks).toMatchObject([
    { trigger: { name: 'a' }, answer: { kind: 'none', why: 'Prometheus does not answer (no answer within 20 ms)' } },
  ])
})
