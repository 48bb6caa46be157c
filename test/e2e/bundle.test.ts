import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gatherBundle } from '../../scripts/bundle/gather.ts'
import { type Isolated, runIsolated } from '../../scripts/bundle/isolation.ts'
import { sealBundle, signFolder } from '../../scripts/bundle/seal.ts'
import { newKeyPair, readPrivateKey, readPublicKey } from '../../scripts/bundle/signature.ts'
import { verifyArchive } from '../../scripts/bundle/verify.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Nothing of the caller's; in particular no `CI`, which keeps some libraries from doing what they do at a customer's. */
const ENV = { PATH: process.env.PATH, LANG: 'C.UTF-8' }
const NEXT = '99.0.0'
/** Three starts of a whole stack and hundreds of megabytes, on a machine that may have other things to do. */
const SLOW_MS = 900_000

let dir: string
let archive: string
let key: string

/**
 * The product as it is handed out, made from this checkout, but for two things: the packages are those installed here (they
 * came from the same lock file), and Debian's servers are not in it, because this machine has them. And a version after it
 * with one migration more.
 */
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'muster-airgap-'))
  chmodSync(dir, 0o755)
  const pair = newKeyPair()
  key = join(dir, 'vendor.pub')
  writeFileSync(key, pair.publicKey)
  writeFileSync(join(dir, 'vendor.key'), pair.privateKey, { mode: 0o600 })
  const privateKey = readPrivateKey(join(dir, 'vendor.key'))
  const folder = join(dir, 'muster-next')
  mkdirSync(folder)
  const modules = join(ROOT, 'node_modules')
  const cache = join(dir, 'cache')
  const facts = await gatherBundle({ root: ROOT, into: folder, cache, modules, withServers: false, say: () => {} })
  archive = join(dir, 'now.tar.gz')
  await sealBundle({ folder, facts, privateKey, out: archive, level: 1 })
  // The folder it was made from becomes the version after it, unpacked already.
  const manifest = join(folder, 'release', 'package.json')
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace(/"version": ".*"/, `"version": "${NEXT}"`))
  writeFileSync(
    join(folder, 'release/infra/postgres/migrations/9999_next.sql'),
    'create table next_release (id int);\n',
  )
  await signFolder({ folder, facts: { ...facts, version: NEXT }, privateKey })
}, SLOW_MS)

afterAll(() => rmSync(dir, { recursive: true, force: true }), SLOW_MS)

/** What an admin types, in one go; each answer on a line that begins with `=`. */
const SCRIPT = `
set -eu
cd "$DIR" && mkdir unpacked && tar -xzf now.tar.gz -C unpacked
unpacked/*/install.sh --key vendor.pub --prefix "$DIR/opt" --data "$DIR/data" --etc "$DIR/etc" --user "$(id -un)" --no-systemd
m=$DIR/opt/current/muster
s=$DIR/opt/current/test/fixtures
ask() { node --env-file="$DIR/data/env" -e 'fetch(process.env.MUSTER_URL + process.argv[1], { headers: { authorization: "Bearer " + process.env.MUSTER_API_KEY } })
  .then((answer) => answer.json()).then((body) => console.log(process.argv[2], eval("body." + process.argv[3])))' "$@"; }
check() { $m check "$@" --timeout 60 --json >"$DIR/answer.json"; node -e 'const job = require(process.argv[1]); console.log("= " + job.task, job.status, JSON.stringify(job.result.match ?? job.result.live ?? job.result.mrz?.valid))' "$DIR/answer.json"; }
check face-match $s/person_a_2009.jpg $s/person_a_2012.jpg
check liveness $s/person_a_2012.jpg
check ocr $s/passport_td3_eriksson_clean.png
job=$(node -p 'require(process.argv[1]).id' "$DIR/answer.json")
ask /openapi.json '= version' info.version
muster-next/install.sh --upgrade --key vendor.pub --prefix "$DIR/opt"
ask /openapi.json '= version' info.version
ask /v1/jobs/$job '= job' status
check liveness $s/person_a_2012.jpg
$DIR/opt/current/install.sh --rollback --prefix "$DIR/opt"
ask /openapi.json '= version' info.version
ask /v1/jobs/$job '= job' status
check liveness $s/person_a_2012.jpg
$m down
`

const run = (script: string, output: string[]): Promise<Isolated> => {
  const env = {
    ...ENV,
    DIR: dir,
    PATH: `${join(ROOT, 'node_modules', `node-linux-${process.arch}`, 'bin')}:${ENV.PATH}`,
  }
  return runIsolated(['bash', '-c', script], env, (text) => output.push(text))
}

describe('the bundle on a machine without a network', () => {
  it('is the archive its vendor signed', async () => {
    const { version, files } = await verifyArchive(archive, readPublicKey(key))
    expect(version).toMatch(/^\d+\.\d+\.\d+/)
    expect(files.length).toBeGreaterThan(1_000)
  })

  it(
    'installs, answers three checks, is upgraded and taken back with its data, and never looks outside',
    async () => {
      const output: string[] = []
      const seen = await run(SCRIPT, output)
      const said = output.join('')
      expect({ code: seen.code, said }).toMatchObject({ code: 0 })
      const answers = said.split('\n').filter((line) => line.startsWith('='))
      const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
      expect(answers).toEqual([
        '= face-match succeeded true',
        '= liveness succeeded true',
        '= ocr succeeded true',
        `= version ${version}`,
        `= version ${NEXT}`,
        '= job succeeded',
        '= liveness succeeded true',
        `= version ${version}`,
        '= job succeeded',
        '= liveness succeeded true',
      ])
      expect(seen).toMatchObject({ routes: '', names: [], left: { v4: 0, v6: 0 } })
    },
    SLOW_MS,
  )

  it('would be seen to look outside: a name, a connection, a datagram', async () => {
    const looks = [
      ['require("dns").lookup("control.example", () => {})', ['control.example']],
      ['require("net").connect(443, "203.0.113.9").on("error", () => {})', []],
      ['require("dgram").createSocket("udp4").send("x", 53, "203.0.113.9", () => process.exit())', []],
      ['require("net").connect(443, "2001:db8::1").on("error", () => {})', []],
    ] as const
    for (const [program, names] of looks) {
      const seen = await runIsolated([process.execPath, '-e', program], ENV, () => {})
      expect(new Set(seen.names)).toEqual(new Set(names))
      expect(seen.left.v4 + seen.left.v6 + seen.names.length, program).toBeGreaterThan(0)
    }
  })
})
