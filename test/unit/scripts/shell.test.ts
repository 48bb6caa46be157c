import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const MUSTER = join(import.meta.dirname, '..', '..', '..', 'muster')
const NODE_PACKAGE = `node-linux-${process.arch}`
/** What the script needs of a machine besides Node.js and npm. */
const TOOLS = ['readlink', 'dirname', 'mkdir', 'grep', 'head', 'rm', 'cp', 'cmp', 'touch', 'flock', 'ln', 'sh', 'cat']

let dir: string
let root: string
let bin: string

/** A checkout in a folder with a space, and a machine with the tools but neither Node.js nor npm. */
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster shell '))
  root = join(dir, 'check out')
  bin = join(dir, 'bin')
  mkdirSync(join(root, 'scripts'), { recursive: true })
  mkdirSync(bin)
  copyFileSync(MUSTER, join(root, 'muster'))
  chmodSync(join(root, 'muster'), 0o755)
  writeFileSync(join(root, 'package-lock.json'), '{}')
  writeFileSync(join(root, 'package.json'), JSON.stringify({ optionalDependencies: { [NODE_PACKAGE]: '1.2.3' } }))
  writeFileSync(join(root, 'scripts', 'muster.ts'), 'console.log(JSON.stringify(process.argv.slice(2)))')
  for (const tool of TOOLS) {
    const place = ['/usr/bin', '/bin'].map((folder) => join(folder, tool)).find((path) => existsSync(path))
    if (place) symlinkSync(place, join(bin, tool))
  }
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const program = (name: string, text: string): void => writeFileSync(join(bin, name), text, { mode: 0o755 })
const addNode = (): void => symlinkSync(process.execPath, join(bin, 'node'))
/** An npm that notes how it was called and installs nothing but Node.js. */
const addNpm = (): void =>
  program(
    'npm',
    `#!/bin/sh
echo "$*" >>"${root}/npm-calls"
mkdir -p "${root}/node_modules/${NODE_PACKAGE}/bin"
ln -sf "${process.execPath}" "${root}/node_modules/${NODE_PACKAGE}/bin/node"
echo '{}' >"${root}/node_modules/.package-lock.json"
`,
  )
const npmCalls = (): readonly string[] =>
  existsSync(join(root, 'npm-calls')) ? readFileSync(join(root, 'npm-calls'), 'utf8').trim().split('\n') : []

const run = (...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
  new Promise((resolve) => {
    const env = { PATH: bin, HOME: dir }
    execFile(join(root, 'muster'), args, { env, cwd: dir }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr })
    })
  })

const touchLock = (content?: string): void => {
  const path = join(root, 'package-lock.json')
  if (content !== undefined) writeFileSync(path, content)
  const later = new Date(Date.now() + 60_000)
  utimesSync(path, later, later)
}

describe('./muster', () => {
  it('installs once, without install scripts, then hands over its arguments as they are', async () => {
    addNode()
    addNpm()
    const first = await run('check', 'a b.jpg', '$HOME')
    expect(first).toMatchObject({ code: 0, stdout: '["check","a b.jpg","$HOME"]\n' })
    expect(first.stderr).toContain('installing Node packages')
    expect(await run('status')).toMatchObject({ code: 0, stdout: '["status"]\n', stderr: '' })
    expect(npmCalls()).toEqual(['ci --ignore-scripts --no-audit --no-fund'])
  })

  it('installs again when the lock file has changed, not when it only looks newer', async () => {
    addNode()
    addNpm()
    await run()
    touchLock()
    await run()
    expect(npmCalls()).toHaveLength(1)
    touchLock('{"changed":true}')
    await run()
    expect(npmCalls()).toHaveLength(2)
  })

  it('installs once when it is started twice at once', async () => {
    addNode()
    addNpm()
    const both = await Promise.all([run('one'), run('two')])
    expect(both.map(({ stdout }) => stdout)).toEqual(['["one"]\n', '["two"]\n'])
    expect(npmCalls()).toHaveLength(1)
  })

  it('fetches the right Node.js first when the one it finds is old', async () => {
    addNpm()
    program(
      'node',
      `#!/bin/sh
case "$*" in *'a > 22'*) exit 1 ;; *) exec "${process.execPath}" "$@" ;; esac
`,
    )
    expect((await run('status')).stdout).toBe('["status"]\n')
    expect(npmCalls()).toEqual([
      expect.stringMatching(new RegExp(`^install --prefix .* ${NODE_PACKAGE}@1\\.2\\.3$`)),
      'ci --ignore-scripts --no-audit --no-fund',
    ])
  })

  it('says how to get Node.js when there is none', async () => {
    const { code, stdout, stderr } = await run('status')
    expect({ code, stdout }).toEqual({ code: 5, stdout: '' })
    expect(stderr).toMatch(/^muster: Node\.js with npm is needed to begin: install it .*\n$/)
  })

  it('says in one sentence where the story is when npm fails, and tries again next time', async () => {
    addNode()
    program('npm', '#!/bin/sh\necho "npm error code E404" >&2\nexit 1\n')
    const { code, stderr } = await run('status')
    expect(code).toBe(5)
    expect(stderr).toContain('npm error code E404')
    const log = /the whole story is in (.*)\n$/.exec(stderr)?.[1] ?? ''
    expect(readFileSync(log, 'utf8')).toContain('E404')
    addNpm()
    expect((await run('status')).code).toBe(0)
  })

  it('works through a link from elsewhere', async () => {
    addNode()
    addNpm()
    await run()
    symlinkSync(join(root, 'muster'), join(bin, 'muster'))
    const { stdout } = await new Promise<{ stdout: string }>((resolve) => {
      execFile(join(bin, 'muster'), ['status'], { env: { PATH: bin }, cwd: '/' }, (_error, out) =>
        resolve({ stdout: out }),
      )
    })
    expect(stdout).toBe('["status"]\n')
  })
})
