import { execFile } from 'node:child_process'
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLook, runningVersion } from '../../../../scripts/release/look.ts'
import { createReleaseNomad } from '../../../../scripts/release/nomad.ts'
import { PARTS } from '../../../../scripts/release/steps.ts'
import { ROOT } from '../../../../scripts/stack/folder.ts'
import { FILES, ReleaseWorld } from './release-world.ts'

const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const dir = mkdtempSync(join(tmpdir(), 'muster-release-cli-'))
const state = join(dir, 'state.json')
const world = new ReleaseWorld()

beforeAll(async () => {
  await world.start()
  for (const part of PARTS) {
    const name = part === 'workers' ? 'worker' : part
    writeFileSync(join(dir, `${name}.nomad.hcl`), FILES[part])
  }
  writeFileSync(join(dir, 'site.vars.hcl'), `version = "${version}"\n`)
  writeFileSync(join(dir, 'token'), 'a-token')
  chmodSync(join(dir, 'token'), 0o600)
})
afterAll(async () => {
  await world.nomad.stop()
  rmSync(dir, { recursive: true })
})

const release = (...args: readonly string[]) =>
  new Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }>((resolve) => {
    const env = {
      ...{ PATH: process.env.PATH, HOME: dir, NO_COLOR: '1' },
      ...{ NOMAD_ADDR: world.address, NOMAD_TOKEN_FILE: join(dir, 'token') },
    }
    const site = ['--var-file', join(dir, 'site.vars.hcl'), '--jobs', dir]
    const all = [join(ROOT, 'scripts', 'muster.ts'), '--dir', join(dir, 'stack'), 'release', ...args, ...site]
    execFile(process.execPath, all, { env }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })

it('a plan shows every step with what Nomad would do, and changes nothing', async () => {
  const { code, stdout, stderr } = await release('plan', '--strategy', 'blue-green')
  expect(stderr).toContain(`0.1.0 -> ${version}, blue-green`)
  expect(stdout).toMatch(/workers-beside +workers-green .* g: 4 Place/)
  expect(stdout).toMatch(/api-canary +api .* g: 3 DestructiveUpdate/)
  expect(code).toBe(0)
  expect(world.nomad.changes).toEqual([])
}, 60_000)

it('a release is applied, kept where only its owner reads it, and not begun twice', async () => {
  const { code, stderr } = await release('apply', '--watch', '0', '--state', state, '--only', 'api,autoscaler')
  expect(stderr).toContain(`${version} runs`)
  expect(code).toBe(0)
  expect(world.nomad.running()).toEqual(['workers 0.1.0 x 4', `api ${version} x 3`, `autoscaler ${version} x 2`])
  expect(statSync(state).mode & 0o777).toBe(0o600)
  expect(await release('apply', '--back', '--state', state)).toMatchObject({
    code: 2,
    stderr: 'muster: no release is under way\n',
  })
}, 60_000)

it('a release that was on its way back is not called done when that is finished', async () => {
  const kept = {
    from: '0.1.0',
    to: version,
    strategy: 'rolling',
    only: [],
    jobs: {},
    names: {},
    before: {},
    progress: {},
  }
  const path = join(dir, 'back.json')
  for (const [args, code] of [
    [[], 1],
    [['--back'], 0],
  ] as const) {
    writeFileSync(path, JSON.stringify({ ...kept, outcome: 'going back' }))
    expect(await release('apply', '--state', path, ...args)).toMatchObject({
      code,
      stderr: expect.stringContaining('everything runs as before: 0.1.0'),
    })
  }
}, 60_000)

it('the way back is refused over a migration that the older release cannot live with', async () => {
  const { code, stderr } = await release('plan', '--from', '0.2.0', '--to', '0.1.0')
  expect(stderr).toMatch(/0\.1\.0 cannot work with the database after \S+\.sql/)
  expect(code).toBe(2)
}, 60_000)

it('the version that runs is what the api says; nobody is asked where there is none', async () => {
  const nomad = createReleaseNomad({ address: world.address, token: () => undefined, namespace: 'default' })
  expect(await runningVersion(nomad, (await nomad.job('api')) ?? null)).toBe(version)
  expect(await runningVersion(nomad, null)).toBeUndefined()
  expect((await createLook(nomad)([])).size).toBe(0)
})
