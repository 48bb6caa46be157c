import { execFile } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { UsageError } from '../exit-code.ts'
import { BundleUnavailableError } from './errors.ts'
import { type Isolated, runIsolated } from './isolation.ts'
import { readPublicKey } from './signature.ts'
import { verifyArchive } from './verify.ts'

const run = promisify(execFile)

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
const SUITE = 'bookworm'

export interface TryOptions {
  readonly file: string
  readonly key: string
  /** leave that Debian's folder there afterwards */
  readonly keep: boolean
  /** where the bare Debian is kept between tries */
  readonly cache: string
  readonly say: (line: string) => void
}

/** The smallest Debian that its package manager runs on, made once. */
const bareDebian = async (cache: string, say: (line: string) => void): Promise<string> => {
  const tar = join(cache, `debian-${SUITE}-minbase.tar`)
  if (existsSync(tar)) return tar
  say('making a bare Debian (once)')
  mkdirSync(cache, { recursive: true })
  try {
    await run('mmdebstrap', ['--format=tar', '--variant=minbase', SUITE, `${tar}.new`], { maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    throw new BundleUnavailableError(
      'a bare Debian is made by Debian’s package mmdebstrap: apt-get install mmdebstrap',
      {
        cause: error,
      },
    )
  }
  renameSync(`${tar}.new`, tar)
  return tar
}

/** What a person would type there. Every step tells how long it took. */
const steps = (archive: string, folder: string): string => `
set -eu
step() { name=$1; shift; from=$(date +%s%N); "$@" || { echo "FAILED: $name ($?)"; exit 1; }; echo "== $name: $((($(date +%s%N) - from) / 100000000)) tenths of a second"; }
cd /srv
step unpack tar -xzf ${archive}
cd ${folder}
# A bare Debian has no openssl: the manifest's digest came another way.
step install ./install.sh --manifest-sha256 "$(cat /srv/manifest.sha256)" --key /srv/vendor.pub
m=/opt/muster/current/muster
s=/opt/muster/current/test/fixtures
step status $m status
step face-match $m check face-match $s/person_a_2009.jpg $s/person_a_2012.jpg
step liveness $m check liveness $s/person_a_2012.jpg
step ocr $m check ocr $s/passport_td3_eriksson_clean.png
step doctor $m doctor || true
echo "== on disk: $(du -sm /opt/muster | cut -f 1) MB programs, $(du -sm /var/lib/muster | cut -f 1) MB data"
step down $m down
step uninstall /opt/muster/current/install.sh --uninstall --purge
`

const tell = ({ routes, names, left }: Isolated, say: (line: string) => void): void => {
  say(`routes in there: ${routes === '' ? 'none' : routes}`)
  say(`names asked for: ${names.length === 0 ? 'none' : [...new Set(names)].join(', ')}`)
  say(`packets and connections that wanted out: ${left.v4 + left.v6}`)
}

/**
 * Install a bundle the way its reader would: on a bare Debian of its own, in a network namespace without a route, and ask
 * it the three checks. Nothing of this machine but its kernel takes part.
 * @throws BundleUnavailableError when it does not work there, or anything tried to reach a network
 */
export const tryBundle = async ({ file, key, keep, cache, say }: TryOptions): Promise<void> => {
  if (process.getuid?.() !== 0)
    throw new UsageError('only root may change into another Debian: sudo ./muster bundle try')
  const { version } = await verifyArchive(file, readPublicKey(key))
  say(`${basename(file)}: ${Math.round(statSync(file).size / 1024 ** 2)} MiB, Muster ${version}, signed`)
  const tar = await bareDebian(cache, say)
  const root = mkdtempSync(join(tmpdir(), 'muster-try-'))
  try {
    await run('tar', ['-xf', tar, '-C', root])
    // As Debian's installer leaves it: the machine knows its own name.
    writeFileSync(
      join(root, 'etc', 'hosts'),
      `127.0.0.1 localhost\n127.0.1.1 ${hostname()}\n::1 localhost ip6-localhost\n`,
    )
    writeFileSync(join(root, 'etc', 'resolv.conf'), 'nameserver 127.0.0.1\n')
    copyFileSync(file, join(root, 'srv', 'bundle.tar.gz'))
    copyFileSync(key, join(root, 'srv', 'vendor.pub'))
    const { stdout: listed } = await run('tar', ['-tzf', file, '--occurrence=1', '--wildcards', '*/MANIFEST.json'])
    const folder = listed.split('/')[0] ?? ''
    const digest = 'tar -xzOf "$1" "$2/MANIFEST.json" | sha256sum | cut -c 1-64'
    const { stdout: sha256 } = await run('sh', ['-c', digest, 'sh', file, folder])
    writeFileSync(join(root, 'srv', 'manifest.sha256'), sha256)
    writeFileSync(join(root, 'srv', 'steps.sh'), steps('bundle.tar.gz', folder))
    const inside =
      'mount -t proc proc "$1/proc" && mount --rbind /dev "$1/dev" && exec chroot "$1" /bin/sh /srv/steps.sh'
    const seen = await runIsolated(['sh', '-c', inside, 'sh', root], { PATH, LANG: 'C.UTF-8' }, (text) =>
      process.stdout.write(text),
    )
    tell(seen, say)
    if (seen.code !== 0) throw new BundleUnavailableError(`it does not work there (${seen.code ?? seen.signal})`)
    if (seen.names.length + seen.left.v4 + seen.left.v6 > 0)
      throw new BundleUnavailableError('something tried to reach a network')
  } finally {
    if (keep) say(`left there: ${root}`)
    else rmSync(root, { recursive: true, force: true })
  }
}
