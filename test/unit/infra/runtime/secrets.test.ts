import { chmodSync, rmSync } from 'node:fs'
import { expect, it, vi } from 'vitest'
import { lasting, lastingSecrets } from '../../../../infra/runtime/secrets.ts'
import { eventually } from '../../../fixtures/eventually.ts'
import { aSecretFile, openSecrets } from '../../../fixtures/secret-files.ts'

const LONG_MS = 3_600_000

/** What is made of a secret here: a word of one to three letters, in upper case. */
const make = (text: string): string => {
  if (!/^[a-z]{1,3}$/.test(text)) throw new Error('not three letters')
  return text.toUpperCase()
}
const start = (text = 'one') => {
  const file = aSecretFile(text)
  const opened = openSecrets({ A_FILE: file.path })
  return { file, ...opened, secret: opened.secrets.follow('A', text, make) }
}

it('makes something of a secret, and of what its file holds after a change, by itself', async () => {
  const { file, secret, counted, unusable } = start()
  expect(secret.now()).toBe('ONE')
  file.write('two\n')
  await vi.waitFor(() => expect(secret.now()).toBe('TWO'), { timeout: 10_000 })
  expect(counted).toEqual([['secrets_changed', 'A']])
  expect(unusable()).toEqual({ A: 0 })
})

it('looks at once when it is asked to', () => {
  const { file, secret } = start()
  file.write('two')
  expect([secret.now(), secret.renewed(), secret.now()]).toEqual(['ONE', 'TWO', 'TWO'])
})

it('tells what it was before, the latest first, for as long as that is asked for', async () => {
  const { file, secret } = start()
  expect(secret.before(LONG_MS)).toEqual([])
  for (const text of ['two', 'ten']) {
    file.write(text)
    secret.renewed()
  }
  expect(secret.before(LONG_MS)).toEqual(['TWO', 'ONE'])
  await eventually(() => expect(secret.before(0)).toEqual([]))
})

it.each([
  ['is gone', ({ path }: ReturnType<typeof aSecretFile>) => rmSync(path)],
  ['is empty', ({ write }: ReturnType<typeof aSecretFile>) => write('\n')],
  ['was opened to everybody', ({ path }: ReturnType<typeof aSecretFile>) => chmodSync(path, 0o644)],
  ['holds nonsense', ({ write }: ReturnType<typeof aSecretFile>) => write('not three letters')],
])('keeps the last good value while the file %s, and says so once', (_what, harm) => {
  const { file, secret, counted, said, unusable } = start()
  harm(file)
  for (let look = 0; look < 3; look += 1) expect(secret.renewed()).toBe('ONE')
  expect(counted).toEqual([['secrets_refused', 'A']])
  expect(said).toEqual(['warn: the file of a secret cannot be used: the last good value goes on'])
  expect(unusable()).toEqual({ A: 1 })
  rmSync(file.path, { force: true })
  file.write('two')
  expect(secret.renewed()).toBe('TWO')
  expect(unusable()).toEqual({ A: 0 })
})

it('is well again with the value it had', () => {
  const { file, secret, counted, said, unusable } = start()
  file.write('not three letters')
  secret.renewed()
  file.write('one')
  expect(secret.renewed()).toBe('ONE')
  expect(unusable()).toEqual({ A: 0 })
  expect(said.at(-1)).toBe('info: the file of a secret can be used again')
  expect(counted).toEqual([['secrets_refused', 'A']])
})

it('shows nothing of a secret in what it says', () => {
  const { file, secret, said } = start()
  file.write('hunter2 hunter2')
  secret.renewed()
  file.write('two')
  secret.renewed()
  expect(said).toHaveLength(3)
  expect(said.join()).not.toMatch(/hunter2|two|one/i)
})

it('lets a variable that is set win over its file, and keeps what came from neither', () => {
  const { secrets } = openSecrets({ A: 'one', A_FILE: aSecretFile('two').path })
  for (const name of ['A', 'B']) expect(secrets.follow(name, 'one', make).renewed()).toBe('ONE')
  expect(secrets.present('C', 'three')()).toBe('three')
})

it('reads an address anew for every connection', () => {
  const file = aSecretFile('amqp://a')
  const { secrets, unusable } = openSecrets({ RABBITMQ_URL_FILE: file.path })
  const url = secrets.present('RABBITMQ_URL', 'amqp://a')
  file.write('amqp://b')
  expect(url()).toBe('amqp://b')
  file.write('')
  expect(url()).toBe('amqp://b')
  expect(unusable()).toEqual({ RABBITMQ_URL: 1 })
})

it('follows a file that is named by the variable itself, once it can be used', () => {
  const file = aSecretFile('not three letters')
  const { secrets, counted } = openSecrets({})
  const secret = secrets.followPath('KEY_PATH', file.path, make)
  expect(secret.now()).toBeUndefined()
  file.write('one')
  expect(secret.renewed()).toBe('ONE')
  expect(secret.before(LONG_MS)).toEqual([])
  expect(counted).toEqual([
    ['secrets_refused', 'KEY_PATH'],
    ['secrets_changed', 'KEY_PATH'],
  ])
})

it('refuses what cannot be used at the start', () => {
  const file = aSecretFile('not three letters')
  const { secrets } = openSecrets({ A_FILE: file.path })
  expect(() => secrets.follow('A', 'not three letters', make)).toThrow('not three letters')
})

it('can be had without files', () => {
  const secret = lastingSecrets.follow('A', 'one', make)
  expect([secret.now(), secret.renewed(), secret.before(LONG_MS)]).toEqual(['ONE', 'ONE', []])
  expect(lastingSecrets.followPath('B', '/nowhere', make).now()).toBeUndefined()
  expect(lastingSecrets.present('A', 'one')()).toBe('one')
  expect(lasting(1).now()).toBe(1)
  lastingSecrets.stop()
})
