import { Type } from 'typebox'
import { Value } from 'typebox/value'
import { BundleRefusedError } from './errors.ts'

/** One file of a bundle, as its vendor made it. */
export interface BundleFile {
  /** from the bundle's root, by `/` */
  readonly path: string
  /** how it is installed; nothing else is ever needed */
  readonly mode: '644' | '755'
  readonly size: number
  /** 64 hex digits */
  readonly sha256: string
}

/** What a bundle is, beside its files. */
export interface BundleFacts {
  readonly version: string
  /** the commit it was made from; `unknown` outside of a git checkout */
  readonly commit: string
  /** files differed from that commit: such a bundle is for trying only */
  readonly changed: boolean
  /** ISO 8601; of the commit, so that two runs agree */
  readonly madeAt: string
  readonly platform: string
  /** Debian's release whose packages and libraries it fits */
  readonly debian: string
  readonly node: string
  /** Debian packages of the private servers with all they need, by name and version; empty = the site brings its servers */
  readonly packages: readonly string[]
}

/** What the vendor signs: every file of a bundle but the manifest and its signature. */
export interface BundleManifest extends BundleFacts {
  readonly files: readonly BundleFile[]
}

export const MANIFEST_FILE = 'MANIFEST.json'
export const SIGNATURE_FILE = 'MANIFEST.sig'

/** What a shell can handle without quoting, so that `install.sh` and this code can never read a path differently. */
const PATH_PATTERN = '^[A-Za-z0-9@_][A-Za-z0-9@_.+~-]*$'
const PATH_MAX = 240
const SEGMENT = new RegExp(PATH_PATTERN)

/** Whether a path may be in a bundle: relative, inside, in plain letters, without hidden files. Pure. */
export const isBundlePath = (path: string): boolean =>
  path.length <= PATH_MAX && path.split('/').every((segment) => SEGMENT.test(segment))

const Facts = {
  schema: Type.Literal(1),
  product: Type.Literal('muster'),
  version: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+(-[0-9A-Za-z.-]+)?$' }),
  commit: Type.String(),
  changed: Type.Boolean(),
  madeAt: Type.String(),
  platform: Type.String({ pattern: '^linux-(x64|arm64)$' }),
  debian: Type.String({ pattern: '^\\d+$' }),
  node: Type.String(),
  packages: Type.Array(Type.String()),
  fileCount: Type.Integer({ minimum: 1 }),
  byteCount: Type.Integer({ minimum: 0 }),
}

const Manifest = Type.Object(
  {
    ...Facts,
    files: Type.Array(
      Type.Object(
        {
          path: Type.String(),
          mode: Type.Enum(['644', '755']),
          size: Type.Integer({ minimum: 0 }),
          sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }),
        },
        { additionalProperties: false },
      ),
    ),
  },
  { additionalProperties: false },
)

/** What people ask the size of, and where it lies. */
const PARTS = [
  ['Node', 'release/node/'],
  ['npm packages', 'release/node_modules/'],
  ['models', 'release/models/'],
  ['Debian packages', 'debian/'],
  ['documents', 'release/docs/'],
  ['sample pictures', 'release/test/'],
] as const

/** By bytes, whatever the machine's language is. */
const byPath = (a: BundleFile, b: BundleFile): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)

/**
 * The manifest's text: one file a line, so that `install.sh` reads it with nothing but what every Debian has. Pure, and
 * the order of the files does not matter.
 * @throws BundleRefusedError when a path may not be in a bundle
 */
export const formatManifest = ({ files, ...facts }: BundleManifest): string => {
  const sorted = files.toSorted(byPath)
  const bad = sorted.find(({ path }) => !isBundlePath(path))
  if (bad) throw new BundleRefusedError(`a bundle cannot hold a file of this name: ${JSON.stringify(bad.path)}`)
  const head = {
    schema: 1,
    product: 'muster',
    ...facts,
    fileCount: sorted.length,
    byteCount: sorted.reduce((sum, { size }) => sum + size, 0),
  }
  const lines = sorted.map(({ path, mode, size, sha256 }) => `    ${JSON.stringify({ path, mode, size, sha256 })}`)
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "files": [\n${lines.join(',\n')}\n  ]\n}\n`
}

/**
 * Read a manifest whose signature has been verified.
 * @throws BundleRefusedError when it is not a manifest of this kind, or contradicts itself
 */
export const parseManifest = (text: string): BundleManifest => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new BundleRefusedError('the manifest is not JSON')
  }
  if (!Value.Check(Manifest, value)) throw new BundleRefusedError('the manifest is of a kind this Muster does not know')
  const { schema: _kind, product: _product, fileCount, byteCount: _bytes, ...manifest } = value
  const paths = new Set(manifest.files.map(({ path }) => path))
  if (paths.size !== manifest.files.length || fileCount !== paths.size)
    throw new BundleRefusedError('the manifest names a file twice, or miscounts them')
  // What installs reads the text line by line: nothing may say one thing as JSON and another as lines.
  if (formatManifest(manifest) !== text) throw new BundleRefusedError('the manifest is not written as Muster writes it')
  return manifest
}

/** How a file that was found differs from the manifest; undefined when it is the one. Pure. */
export const differenceOf = (
  expected: BundleFile | undefined,
  found: Pick<BundleFile, 'path' | 'size' | 'sha256'>,
): string | undefined => {
  if (!expected) return `${found.path} is not in the manifest`
  if (expected.size !== found.size || expected.sha256 !== found.sha256) return `${found.path} has been changed`
  return undefined
}

/** What the parts of a bundle weigh, unpacked, the heaviest first. Pure. */
export const sizesOf = ({
  files,
}: BundleManifest): readonly { readonly part: string; readonly fileCount: number; readonly bytes: number }[] => {
  const parts = Map.groupBy(files, ({ path }) => PARTS.find(([, prefix]) => path.startsWith(prefix))?.[0] ?? 'Muster')
  return [...parts]
    .map(([part, own]) => ({ part, fileCount: own.length, bytes: own.reduce((sum, { size }) => sum + size, 0) }))
    .sort((a, b) => b.bytes - a.bytes)
}
