import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { UsageError } from './exit-code.ts'
import { print, say, sayGood, sayLoud, table } from './output.ts'
import { ROOT } from './stack/folder.ts'

/** Downloads are kept here between runs; a checkout's own place for what it makes. */
const CACHE = join(ROOT, '.muster', 'bundle')
const MIB = 1024 ** 2

const inMib = (bytes: number): string => `${(bytes / MIB).toFixed(1)} MiB`

interface CreateFlags {
  readonly key: string
  readonly out?: string
  readonly servers: boolean
}

const create = async ({ key, out, servers }: CreateFlags): Promise<void> => {
  const { gatherBundle } = await import('./bundle/gather.ts')
  const { readPrivateKey } = await import('./bundle/signature.ts')
  const { sealBundle } = await import('./bundle/seal.ts')
  const { sizesOf } = await import('./bundle/manifest.ts')
  const privateKey = readPrivateKey(key)
  const work = join(CACHE, `work-${process.pid}`)
  try {
    const draft = join(work, 'bundle')
    mkdirSync(draft, { recursive: true })
    const facts = await gatherBundle({ root: ROOT, into: draft, cache: CACHE, withServers: servers, say })
    if (facts.changed) sayLoud('files differ from the commit: this bundle is for trying, not for handing out')
    const name = `muster-${facts.version}-${facts.platform}${servers ? '' : '-without-servers'}`
    const target = resolve(out ?? `${name}.tar.gz`)
    mkdirSync(dirname(target), { recursive: true })
    say('signing and packing')
    // The folder people will unpack.
    const folder = join(work, name)
    renameSync(draft, folder)
    const manifest = await sealBundle({ folder, facts, privateKey, out: target })
    const rows = sizesOf(manifest).map(({ part, fileCount, bytes }) => [part, String(fileCount), inMib(bytes)])
    print(table([['PART', 'FILES', 'SIZE'], ...rows]))
    sayGood(`${target}: ${inMib(statSync(target).size)}`)
    say(
      `hand it over with the fingerprint of your public key by another way: ./muster bundle verify ${target} --key FILE`,
    )
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const keygen = async (out: string): Promise<void> => {
  const { newKeyPair, fingerprintOf, readPublicKey } = await import('./bundle/signature.ts')
  const files = { privateKey: resolve(`${out}.key`), publicKey: resolve(`${out}.pub`) }
  const there = Object.values(files).find((path) => existsSync(path))
  if (there) throw new UsageError(`${there} is there already: a key that bundles were signed with is not replaced`)
  const pair = newKeyPair()
  writeFileSync(files.privateKey, pair.privateKey, { mode: 0o600, flag: 'wx' })
  writeFileSync(files.publicKey, pair.publicKey, { mode: 0o644, flag: 'wx' })
  say(`${files.privateKey}: signs bundles; keep it to yourself`)
  say(`${files.publicKey}: goes to whoever installs, not on the disk with the bundle. Its fingerprint:`)
  print(fingerprintOf(readPublicKey(files.publicKey)))
}

const verify = async (file: string, key: string, json: boolean | undefined): Promise<void> => {
  const { fingerprintOf, readPublicKey } = await import('./bundle/signature.ts')
  const { verifyArchive } = await import('./bundle/verify.ts')
  const publicKey = readPublicKey(key)
  if (!existsSync(file)) throw new UsageError(`there is no file ${file}`)
  const { files, packages, ...facts } = await verifyArchive(file, publicKey)
  const found = { ...facts, packageCount: packages.length, fileCount: files.length, key: fingerprintOf(publicKey) }
  if (json) print(JSON.stringify(found, null, 2))
  else print(table(Object.entries(found).map(([name, value]) => [name, String(value)])))
  sayGood('every file is the one that was signed')
}

const EXAMPLES = `Examples:
  ./muster bundle keygen vendor                          vendor.key signs, vendor.pub verifies
  ./muster bundle create --key vendor.key                one archive for machines without a network
  ./muster bundle verify muster-...tar.gz --key vendor.pub
  ./muster bundle try muster-...tar.gz --key vendor.pub  install it on a bare Debian without a network (root)
`

/** `./muster bundle` */
export const registerBundle = (program: Command): void => {
  const bundle = program
    .command('bundle')
    .summary('one archive for machines without a network: make it, verify it')
    .addHelpText('before', EXAMPLES)
  bundle
    .command('create')
    .summary('make the archive of this commit')
    .requiredOption('--key <file>', 'the vendor’s private Ed25519 key, in PEM')
    .option('--out <file>', 'muster-<version>-<platform>.tar.gz here unless told')
    .option('--without-servers', 'leave Debian’s packages out: the site brings PostgreSQL, RabbitMQ and Redis')
    .action(async ({ withoutServers, ...flags }: Omit<CreateFlags, 'servers'> & { withoutServers?: boolean }) => {
      await create({ ...flags, servers: !withoutServers })
    })
  bundle
    .command('keygen')
    .summary('make a key pair to sign bundles with')
    .argument('[name]', 'of the two files, without .key and .pub', 'vendor')
    .action(keygen)
  bundle
    .command('verify')
    .summary('check every file of an archive against its vendor’s signature, without unpacking it')
    .argument('<file>')
    .requiredOption('--key <file>', 'the vendor’s public key, in PEM')
    .option('--json', 'for programs')
    .action(async (file: string, { key, json }: { key: string; json?: boolean }) => verify(file, key, json))
  bundle
    .command('try')
    .summary('install an archive on a bare Debian of its own, without a network, and ask it three checks')
    .argument('<file>')
    .requiredOption('--key <file>', 'the vendor’s public key, in PEM')
    .option('--keep', 'leave the folder of that Debian there')
    .action(async (file: string, { key, keep }: { key: string; keep?: boolean }) => {
      const { tryBundle } = await import('./bundle/try.ts')
      await tryBundle({ file: resolve(file), key: resolve(key), keep: keep === true, cache: CACHE, say })
    })
}
