import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { withLinks } from './page-links.ts'
import type { Sources } from './strip-types.ts'

/** The ways a file may travel; `identity`: as it is. */
export const ENCODINGS = ['br', 'gzip', 'identity'] as const
export type Encoding = (typeof ENCODINGS)[number]

/** One file of the console, ready to be sent. */
export interface PageFile {
  readonly type: string
  /** a strong validator is of one form of the bytes only */
  readonly etags: Readonly<Record<Encoding, string>>
  readonly bodies: Readonly<Record<Encoding, Buffer>>
}

/** The console's files by the path under `/console/`; '' is the page itself. Nothing else is ever served. */
export type PageFiles = ReadonlyMap<string, PageFile>

const JAVASCRIPT = 'text/javascript; charset=utf-8'
const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8',
  ts: JAVASCRIPT,
  js: JAVASCRIPT,
}
const FOLDER = fileURLToPath(new URL('./page/', import.meta.url))
const INDEX = 'index.html'
/**
 * The one library of the page, under names that do not change with its version. Only its form for pages without modules comes without
 * comments, at half the size: a line more makes a module of it.
 */
const VENDOR = {
  'vendor/uplot.js': { file: 'uplot/dist/uPlot.iife.min.js', end: '\nexport { uPlot as default }\n' },
  'vendor/uplot.css': { file: 'uplot/dist/uPlot.min.css', end: '' },
} as const

const extensionOf = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
/** Declarations are for the compiler; whatever else lies there by chance stays there. */
const isServed = (name: string): boolean => Object.hasOwn(TYPES, extensionOf(name)) && !name.endsWith('.d.ts')

const readSources = async (folder: string): Promise<Sources> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter(isServed)
    .sort()
  const texts = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]))
  return Object.fromEntries(texts)
}

/**
 * In a thread of its own: Node says once a process that this is experimental, on the stream where whoever reads logs finds
 * lines of JSON, and only a thread can be told to keep that to itself.
 */
const stripped = async (sources: Sources): Promise<Sources> => {
  const thread = new Worker(new URL('./strip-types.ts', import.meta.url), {
    workerData: sources,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  const [answer] = (await once(thread, 'message')) as [Sources]
  return answer
}

const sumOf = (...parts: readonly (string | Buffer)[]): string => {
  const sum = createHash('sha256')
  for (const part of parts) sum.update(part)
  return sum.digest('base64url').slice(0, 22)
}

/**
 * The folder under `/console/` in which a release has its files: another as soon as one byte of one of them is another, so that
 * browsers may keep what they have without asking. With its slash.
 */
export const releaseFolder = (files: PageFiles): string => {
  const all = [...files].filter(([name]) => name !== '').sort(([a], [b]) => (a < b ? -1 : 1))
  return `r-${sumOf(...all.flatMap(([name, { etags }]) => [name, etags.identity]))}/`
}

/** The best takes twice the time of all of this at every start, for files that are a tenth smaller. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }

const toFile = async (type: string, body: Buffer): Promise<PageFile> => {
  const sum = sumOf(body)
  const [br, zipped] = await Promise.all([promisify(brotliCompress)(body, BROTLI), promisify(gzip)(body)])
  return {
    type,
    etags: { br: `"${sum}-br"`, gzip: `"${sum}-gzip"`, identity: `"${sum}"` },
    bodies: { br, gzip: zipped, identity: body },
  }
}

/**
 * Read the console into memory, in every form in which it may be asked for: no path of the disk is ever made out of a
 * request, and nothing is compressed while somebody waits.
 * @param folder with the page; its TypeScript becomes what browsers run, under its own name
 * @throws Error when a file cannot be read, or is no TypeScript whose types can be taken away
 */
export const readPageFiles = async (folder = FOLDER): Promise<PageFiles> => {
  const { [INDEX]: index, ...sources } = await readSources(folder)
  const scripts = await stripped(Object.fromEntries(Object.entries(sources).filter(([name]) => name.endsWith('.ts'))))
  const { resolve } = createRequire(import.meta.url)
  const vendor = await Promise.all(
    Object.entries(VENDOR).map(
      async ([name, { file, end }]) => [name, `${await readFile(resolve(file), 'utf8')}${end}`] as const,
    ),
  )
  const texts: Sources = { ...sources, ...scripts, ...Object.fromEntries(vendor) }
  const own = Object.entries(texts).map(
    async ([name, text]) => [name, await toFile(TYPES[extensionOf(name)] as string, Buffer.from(text))] as const,
  )
  const files = new Map(await Promise.all(own))
  if (index === undefined) return files
  const page = Buffer.from(withLinks(index, releaseFolder(files), texts))
  return files.set('', await toFile(TYPES.html as string, page))
}
