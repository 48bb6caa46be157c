import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { migrate } from '../../../infra/postgres/migrate.ts'
import { createNodeStore } from '../../../infra/postgres/node-store.ts'
import { openPool } from '../../../infra/postgres/pool.ts'
import { eventually } from '../../fixtures/eventually.ts'
import { aToldNode } from '../../fixtures/nodes.ts'
import { type OwnDatabase, ownDatabase } from '../../fixtures/own-database.ts'
import { silence } from '../../fixtures/silence.ts'

const MUSTER = fileURLToPath(new URL('../../../scripts/muster.ts', import.meta.url))
const [TAKE, GIVE_BACK] = ['\u001b[?1049h', '\u001b[?1049l']
const terminals: ChildProcess[] = []
let own: OwnDatabase

beforeAll(async () => {
  own = await ownDatabase('top')
  await migrate(own.url, silence().log)
  const db = openPool({ url: own.url, maxCount: 1 })
  await createNodeStore(db).tell(aToldNode({ name: 'rack-7', state: 'drained', workers: [] }))
  await db.end()
})
afterEach(() => {
  for (const terminal of terminals.splice(0)) terminal.kill('SIGKILL')
})
afterAll(() => own?.drop())

const environment = () => ({
  ...{ PATH: process.env.PATH, TERM: 'xterm-256color', DATABASE_URL: own.url },
  ...{ POOLS: 'faces=face-match papers=ocr', AUTOSCALER_POOLS: 'faces=1..4 papers=1..2' },
})

/** A shell in a terminal of its own: `script` of util-linux, which every Debian has, makes one. */
const inTerminal = (command: string) => {
  const terminal = spawn('script', ['-qefc', `stty cols 100 rows 30; ${command}`, '/dev/null'], { env: environment() })
  terminals.push(terminal)
  let seen = ''
  terminal.stdout.on('data', (chunk: Buffer) => {
    seen += chunk.toString()
  })
  return {
    ended: once(terminal, 'close').then(([code]) => Number(code)),
    type: (text: string) => void terminal.stdin.write(text),
    seen: () => seen,
    shows: (text: string, after = 0) => eventually(() => expect(seen.slice(after)).toContain(text)),
  }
}
// Any of the two may lie in a folder with a space.
const top = `'${process.execPath}' '${MUSTER}' top`

it('shows the pools in a terminal, opens one, and gives the terminal back as it was', async () => {
  const { type, shows, seen, ended } = inTerminal(`${top}; echo ended with $?; stty -a`)
  await shows('faces')
  await shows('rack-7 drained')
  type('\u001b[B\r')
  await shows('no job went through it in the last five minutes')
  type('q')
  expect(await ended).toBe(0)
  const after = seen().slice(seen().indexOf(GIVE_BACK))
  expect(after).toContain('ended with 0')
  expect(after).toMatch(/(^| )icanon.*[^-]echo /s)
  expect(seen().split(TAKE)).toHaveLength(2)
})

it('stops and goes on like any program, and gives the terminal back when it is told to end', async () => {
  const { type, shows, seen, ended } = inTerminal(`echo pid=$$=; ${top}; echo ended with $?`)
  await shows('faces')
  const shell = Number(/pid=(\d+)=/.exec(seen())?.[1])
  const pid = Number(readFileSync(`/proc/${shell}/task/${shell}/children`, 'utf8').trim())
  type('\u001a')
  await shows(GIVE_BACK)
  await eventually(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toMatch(/\) T /))
  const before = seen().length
  process.kill(pid, 'SIGCONT')
  await shows(TAKE, before)
  await shows('faces', before)
  process.kill(pid, 'SIGTERM')
  expect(await ended).toBe(0)
  expect(seen().slice(seen().lastIndexOf(TAKE))).toContain(GIVE_BACK)
  expect(seen()).toContain('ended with 0')
})

it('is one picture without colours where nobody looks, and facts for programs', async () => {
  const read = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [MUSTER, 'top', ...args], { env: environment() })
    let [text, error] = ['', '']
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      error += chunk.toString()
    })
    return { code: (await once(child, 'close'))[0], text, error }
  }
  const picture = await read()
  expect([picture.code, picture.error]).toEqual([0, ''])
  expect(picture.text).toMatch(/^muster top {2}\d\d:\d\d:\d\dZ {2}2 pools {2}nodes: 1 drained\nrack-7 drained\n POOL/)
  expect(picture.text).not.toContain('\u001b')
  const facts = JSON.parse((await read('--json')).text)
  expect(facts.pools).toMatchObject([
    { pool: 'faces', offeredPerSecond: null, p95Ms: null, count: { asked: null, min: 1, max: 4 } },
    { pool: 'papers' },
  ])
})
