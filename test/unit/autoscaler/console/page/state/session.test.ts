import { expect, it } from 'vitest'
import type { Session } from '../../../../../../autoscaler/console/page/state/resources.ts'
import { createSignedIn } from '../../../../../../autoscaler/console/page/state/session.ts'

const aSession = (role = 'viewer', permissions: readonly string[] = ['fleet:read']): Session => ({
  ...{ tenant: 'muster', role, key: 'id', permissions, version: '1.0.0', pools: ['checks'] },
})

const start = (kept: Readonly<Record<string, string>> = {}) => {
  const entries = new Map(Object.entries(kept))
  const storage = {
    getItem: (name: string) => entries.get(name) ?? null,
    setItem: (name: string, text: string) => void entries.set(name, text),
    removeItem: (name: string) => void entries.delete(name),
  }
  return { entries, signedIn: createSignedIn(storage) }
}

it('keeps a key that was found good, and no trace of it once it is forgotten', () => {
  const { entries, signedIn } = start()
  signedIn.offer('tried')
  expect([signedIn.key(), entries.size]).toEqual(['tried', 0])
  signedIn.keep('good', aSession('operator', ['fleet:read', 'fleet:override']))
  expect(start(Object.fromEntries(entries)).signedIn.key()).toBe('good')
  expect([signedIn.may('fleet:override'), signedIn.may('fleet:operate')]).toEqual([true, false])
  signedIn.forget()
  expect([signedIn.key(), signedIn.session.get(), entries.size]).toEqual([undefined, undefined, 0])
})

it('learns what its key may do by now', async () => {
  const { signedIn } = start()
  signedIn.keep('good', aSession())
  await signedIn.renew(async () => aSession('operator', ['fleet:operate']))
  expect([signedIn.key(), signedIn.may('fleet:operate')]).toEqual(['good', true])
})

it('keeps nothing that is answered after somebody has signed out', async () => {
  const { entries, signedIn } = start()
  signedIn.keep('good', aSession())
  const answer = Promise.withResolvers<Session>()
  const renewed = signedIn.renew(() => answer.promise)
  signedIn.forget()
  answer.resolve(aSession())
  await renewed
  expect([signedIn.key(), signedIn.session.get(), entries.size]).toEqual([undefined, undefined, 0])
})

it('keeps nothing that is answered of the key before', async () => {
  const { signedIn } = start()
  signedIn.keep('before', aSession())
  const answer = Promise.withResolvers<Session>()
  const renewed = signedIn.renew(() => answer.promise)
  signedIn.keep('after', aSession('operator'))
  answer.resolve(aSession('admin'))
  await renewed
  expect([signedIn.key(), signedIn.session.get()?.role]).toEqual(['after', 'operator'])
})
