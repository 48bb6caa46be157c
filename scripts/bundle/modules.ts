/** Packages whose files are in the bundle in another place or form: Node itself, and the weights as models. */
const ELSEWHERE = /^(node-linux-\w+|@gutenye\/ocr-models)$/
/** Said by file names alone: declarations, source maps, sources of what is compiled, headers. */
const NOT_RUN = /\.(d\.[cm]?ts|map|[cm]?ts|tsx|h|hpp|cc|cpp|gyp|gypi|md|markdown|flow|tsbuildinfo)$|^Makefile$/
/** A licence must go along whatever its file is called; some packages state theirs in the read-me only. */
const LICENCE = /^(licen[cs]e|copying|notice|authors|copyright|third|readme)/i
/** Right under a package, where nothing that it exports lies. */
const ASIDE = /^(test|tests|__tests__|bench|benchmark|benchmarks|example|examples|docs|coverage)$/
const NATIVE = /^(darwin|win32|linux)$/

/** Split at the innermost `node_modules/`: the package's name, and the rest by `/`. */
const insideOf = (path: string): { name: string; rest: readonly string[] } => {
  const [first = '', second = '', ...more] = path.slice(path.lastIndexOf('node_modules/') + 13).split('/')
  return first.startsWith('@') ? { name: `${first}/${second}`, rest: more } : { name: first, rest: [second, ...more] }
}

/** Binaries for several platforms lie in folders `<system>/<processor>`. */
const isForeign = (rest: readonly string[], platform: string): boolean => {
  const at = rest.findIndex((segment) => NATIVE.test(segment))
  return at > 0 && rest[0] === 'bin' && `${rest[at]}-${rest[at + 1]}` !== platform
}

/**
 * Whether a file of a production `node_modules` is needed where Muster runs. Pure. What is dropped is documentation,
 * types, tests and other platforms' binaries; every licence stays.
 * @param path as in `node_modules/fastify/lib/reply.js`
 * @param platform as in `linux-x64`
 */
export const isModuleKept = (path: string, platform: string): boolean => {
  const { name, rest } = insideOf(path)
  const file = rest.at(-1) ?? ''
  // Hidden files are settings of tools.
  if (path.includes('/.') || ELSEWHERE.test(name)) return false
  if (rest.length === 1 && LICENCE.test(file)) return true
  if (rest.length > 1 && ASIDE.test(rest[0] ?? '')) return false
  return !(NOT_RUN.test(file) || isForeign(rest, platform))
}

/** The packages a lock file knows, by the folder they lie in. */
interface LockedPackages {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
}

/** Whether a file belongs to a package that the lock file has for production. Pure; what no package owns does not. */
export const isProduction = (path: string, { packages }: LockedPackages): boolean => {
  for (let folder = path; folder.includes('/'); ) {
    folder = folder.slice(0, folder.lastIndexOf('/'))
    const owner = packages[folder]
    if (owner) return owner.dev !== true
  }
  return false
}
