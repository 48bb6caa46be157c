import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { aBundle, aSite, installed, upgradeTo } from './site.ts'
import { install } from './small-bundle.ts'
import { callsIn, standInSystemctl } from './stand-in.ts'

const CHECKS = ['face-match', 'liveness', 'ocr']
const callsFrom = (prefix: string) => callsIn(prefix).map((line) => line.split(' ').slice(0, 3).join(' '))
const checksOf = (version: string) => CHECKS.map((check) => `${version} check ${check}`)

describe('install.sh', () => {
  it('installs, starts, and asks three checks; a second time changes nothing', async () => {
    const site = await installed()
    expect(site.current()).toBe('releases/1.0.0')
    expect(callsFrom(site.prefix)).toEqual(['1.0.0 up --detach', ...checksOf('1.0.0')])
    expect(readFileSync(join(site.dir, 'etc', 'muster.env'), 'utf8')).toContain('postgres://d')
    writeFileSync(join(site.dir, 'etc', 'muster.env'), 'DATABASE_URL=mine\n')
    const again = await install(site.bundle.folder, ['--key', site.bundle.key, '--prefix', site.prefix])
    expect(again).toMatchObject({ code: 0, said: expect.stringContaining('lies there already, whole') })
    expect(site.releases()).toEqual(['1.0.0'])
    expect(readFileSync(join(site.dir, 'etc', 'muster.env'), 'utf8')).toBe('DATABASE_URL=mine\n')
  })

  it('mends a release of which a file was changed', async () => {
    const site = await installed()
    const file = join(site.prefix, 'releases', '1.0.0', 'package.json')
    writeFileSync(file, '{}')
    expect(await install(site.bundle.folder, ['--key', site.bundle.key, '--prefix', site.prefix])).toMatchObject({
      code: 0,
    })
    expect(readFileSync(file, 'utf8')).toContain('1.0.0')
    expect(readdirSync(site.prefix)).not.toContain('.replaced')
  })

  it('may be killed anywhere and run again', async () => {
    const site = aSite()
    const { folder, key } = await aBundle('1.0.0')
    for (const afterMs of [20, 60, 110, 170, 240, 320]) {
      const child = spawn('bash', [join(folder, 'install.sh'), '--key', key, ...site.places], {
        detached: true,
        stdio: 'ignore',
      })
      await delay(afterMs)
      try {
        process.kill(-(child.pid ?? 0), 'SIGKILL')
      } catch {
        // It was done already.
      }
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
    expect(await install(folder, ['--key', key, ...site.places])).toMatchObject({ code: 0 })
    expect(site.current()).toBe('releases/1.0.0')
    expect(readdirSync(site.prefix).filter((name) => /incoming|replaced|\.new/.test(name))).toEqual([])
  })

  it.each([
    ['an unknown option', ['--what'], 2],
    ['an option without its value', ['--prefix'], 2],
    ['a folder with a space', ['--prefix', '/opt/my muster'], 2],
    ['a folder that is not absolute', ['--prefix', 'opt'], 2],
    ['the root folder', ['--prefix', '/'], 2],
    ['a step up', ['--prefix', '/opt/../etc'], 2],
    ['an unknown role', ['--role', 'database'], 2],
    ['--purge without --uninstall', ['--purge'], 2],
  ])('says what is wrong with %s', async (_name, args, code) => {
    // It looks at its options before it looks at its bundle.
    const outcome = await install(join(import.meta.dirname, '../../../infra/bundle'), args)
    expect(outcome.code).toBe(code)
    expect(outcome.said).toMatch(/^muster: .{20}/m)
  })

  it('finds nothing to upgrade where nothing is installed', async () => {
    const { folder, key } = await aBundle('1.0.0')
    const args = ['--upgrade', '--key', key, '--prefix', '/nonexistent/muster']
    expect(await install(folder, args)).toMatchObject({ code: 3 })
  })
})

describe('install.sh --upgrade', () => {
  it('migrates while the old version works, switches, restarts, and needs no key that it knows', async () => {
    const site = await installed()
    const next = await aBundle('1.1.0', { '0002_more.sql': 'create table more ()' })
    cpSync(site.bundle.key, join(site.prefix, 'vendor.pub'))
    const wrong = await install(next.folder, ['--upgrade', '--prefix', site.prefix])
    expect(wrong).toMatchObject({ code: 4, said: expect.stringContaining('signature') })
    rmSync(join(site.prefix, 'calls'))
    expect(await install(next.folder, ['--upgrade', '--key', next.key, '--prefix', site.prefix])).toMatchObject({
      code: 0,
    })
    expect(callsFrom(site.prefix)).toEqual(['1.1.0 migrate', '1.0.0 down', '1.1.0 up --detach', ...checksOf('1.1.0')])
    expect(site.current()).toBe('releases/1.1.0')
    const repeated = await install(next.folder, ['--upgrade', '--prefix', site.prefix])
    expect(repeated).toMatchObject({ code: 0 })
    expect(readlinkSync(join(site.prefix, 'previous'))).toBe('releases/1.0.0')
  })

  it('leaves stopped what was stopped, and keeps the two last versions', async () => {
    const site = await installed()
    rmSync(join(site.prefix, 'state'))
    for (const version of ['1.1.0', '1.10.0']) expect(await upgradeTo(site, version)).toMatchObject({ code: 0 })
    expect(callsFrom(site.prefix).filter((call) => /up/.test(call))).toEqual(['1.0.0 up --detach'])
    expect(site.releases()).toEqual(['1.1.0', '1.10.0'])
    expect(await upgradeTo(site, '1.9.0')).toMatchObject({ code: 2, said: expect.stringContaining('older') })
  })

  it('knows that what leads up to a version comes before it', async () => {
    const site = await installed('1.1.0-rc.1')
    expect(await upgradeTo(site, '1.1.0')).toMatchObject({ code: 0 })
    expect(await upgradeTo(site, '1.1.0-rc.2')).toMatchObject({ code: 2, said: expect.stringContaining('older') })
  })

  it('goes on with the old version when migrations fail', async () => {
    const site = await installed()
    site.mark('fail-migrate-1.1.0')
    expect(await upgradeTo(site, '1.1.0')).toMatchObject({ code: 5 })
    expect(site.current()).toBe('releases/1.0.0')
    expect(callsFrom(site.prefix)).not.toContain('1.0.0 down')
  })

  it.each([
    ['does not come up', 'up'],
    ['answers a check wrongly', 'check'],
  ])('goes back when the new version %s', async (_name, what) => {
    const site = await installed()
    site.mark(`fail-${what}-1.1.0`)
    const outcome = await upgradeTo(site, '1.1.0')
    expect(outcome).toMatchObject({ code: 1, said: expect.stringContaining('1.0.0 runs') })
    expect(site.current()).toBe('releases/1.0.0')
    expect(existsSync(join(site.prefix, 'previous'))).toBe(false)
    expect(callsFrom(site.prefix).slice(-4)).toEqual(['1.0.0 up --detach', ...checksOf('1.0.0')])
  })
})

describe('install.sh --rollback', () => {
  it('goes back, and forward again', async () => {
    const site = await installed()
    await upgradeTo(site, '1.1.0', { '0002_more.sql': 'create table more ()' })
    rmSync(join(site.prefix, 'calls'))
    expect(await site.rollback()).toMatchObject({ code: 0 })
    expect(site.current()).toBe('releases/1.0.0')
    expect(callsFrom(site.prefix)).toEqual(['1.1.0 down', '1.0.0 up --detach', ...checksOf('1.0.0')])
    expect(await site.rollback()).toMatchObject({ code: 0 })
    expect(site.current()).toBe('releases/1.1.0')
  })

  it('says that there is nothing to go back to', async () => {
    const site = await installed()
    expect(await site.rollback()).toMatchObject({ code: 3 })
  })

  it('is refused over a migration that took something away, and not while that one waits', async () => {
    const site = await installed()
    await upgradeTo(site, '1.1.0', { '0002_split.sql': '-- contract: 1.1.0\ndrop table job' })
    const refused = await site.rollback()
    expect(refused).toMatchObject({ code: 4, said: expect.stringContaining('0002_split.sql') })
    expect(site.current()).toBe('releases/1.1.0')
    site.mark('waiting', JSON.stringify({ missing: [], contractsWaiting: ['0002_split.sql'] }, null, 2))
    expect(await site.rollback()).toMatchObject({ code: 0 })
  })

  it('is refused to a release that is not whole any more', async () => {
    const site = await installed()
    await upgradeTo(site, '1.1.0')
    writeFileSync(join(site.prefix, 'releases', '1.0.0', 'package.json'), '{}')
    expect(await site.rollback()).toMatchObject({ code: 4, said: expect.stringContaining('has been changed') })
    expect(site.current()).toBe('releases/1.1.0')
  })
})

describe('install.sh --uninstall', () => {
  const uninstall = (prefix: string, ...args: readonly string[]) =>
    install(join(prefix, 'current'), ['--uninstall', ...args])

  it('leaves data and settings, and takes them too when told', async () => {
    const site = await installed()
    writeFileSync(join(site.dir, 'data', 'kept'), 'x')
    rmSync(join(site.prefix, 'calls'))
    expect(await uninstall(site.prefix)).toMatchObject({ code: 0 })
    expect(readdirSync(site.prefix).sort()).toEqual(['calls'])
    expect(readFileSync(join(site.dir, 'data', 'kept'), 'utf8')).toBe('x')
    await install(site.bundle.folder, ['--key', site.bundle.key, ...site.places])
    expect(await uninstall(site.prefix, '--purge')).toMatchObject({ code: 0 })
    expect(readdirSync(site.dir).sort()).toEqual(['opt', 'site.env'])
  })

  it('removes no folder that it did not make', async () => {
    const site = await installed()
    rmSync(join(site.dir, 'data', '.muster-data'))
    expect(await uninstall(site.prefix, '--purge')).toMatchObject({ code: 1 })
    expect(existsSync(join(site.dir, 'data'))).toBe(true)
  })
})

describe('under a service manager', () => {
  it('runs one unit, or one for each role: workers first, then the api', async () => {
    const site = aSite()
    const path = standInSystemctl(site.dir)
    const units = join(site.dir, 'units')
    const under = site.places.filter((option) => option !== '--no-systemd')
    const roles = ['--role', 'autoscaler', '--role', 'api', '--role', 'worker']
    const { folder, key } = await aBundle('1.0.0')
    const args = ['--key', key, ...under, '--systemd', '--units', units, ...roles]
    expect(await install(folder, args, path)).toMatchObject({ code: 0 })
    const unit = readFileSync(join(units, 'muster@.service'), 'utf8')
    expect(unit).toContain(`ExecStart=${site.prefix}/current/muster run %i`)
    expect(unit).not.toMatch(/@[A-Z]+@/)
    const calls = join(site.dir, 'bin')
    const started = () => callsIn(calls).filter((call) => /^(re)?start/.test(call))
    expect(started()).toEqual(['start muster@worker', 'start muster@api', 'start muster@autoscaler'])
    rmSync(join(calls, 'calls'))
    const next = await aBundle('1.1.0')
    const up = await install(next.folder, ['--upgrade', '--key', next.key, '--prefix', site.prefix], path)
    expect(up).toMatchObject({ code: 0 })
    expect(started()).toEqual(['restart muster@worker', 'restart muster@api', 'restart muster@autoscaler'])
    expect(callsFrom(site.prefix)).toEqual(['1.1.0 migrate'])
  })

  it('refuses roles where there is none', async () => {
    const site = aSite()
    const { folder, key } = await aBundle('1.0.0')
    expect(await install(folder, ['--key', key, ...site.places, '--role', 'api'])).toMatchObject({ code: 2 })
  })
})
