/** Files of the console by their names under `/console/`, as text. */
export type Texts = Readonly<Record<string, string>>

/** What a script of ours imports once its types are gone; each import is a statement of its own at the start of a line. */
const IMPORT = /^(?:import|export)\b(?:[^'"]*\bfrom)?\s*'(\.{1,2}\/[^']+)'/gm

const nameOf = (from: string, address: string): string => new URL(address, `file:///${from}`).pathname.slice(1)

/** The scripts that one imports, by their names. @param name of it @param script without types */
export const importsOf = (name: string, script: string): readonly string[] =>
  [...script.matchAll(IMPORT)].map(([, address = '']) => nameOf(name, address))

/**
 * Every script that a browser needs before the first of them can run, the nearest first.
 * @param scripts without types
 */
export const reachedFrom = (entry: string, scripts: Texts): readonly string[] => {
  const reached = new Set([entry])
  // A set tells of what is put into it meanwhile, too.
  for (const name of reached)
    for (const one of importsOf(name, scripts[name] ?? '')) if (Object.hasOwn(scripts, one)) reached.add(one)
  return [...reached]
}

const ADDRESS = /\b(href|src)="([^"#:]+)"/g
const ENTRY = /^( *)<script type="module" src="([^"]+)"><\/script>/m

/**
 * The page with addresses of one release, and with a word about every script it will need: a browser that learns of them one import
 * after the other waits for the network as often as imports are deep.
 * @param html names its files as they lie beside it
 * @param folder under which this release has them; with its slash
 */
export const withLinks = (html: string, folder: string, scripts: Texts): string => {
  const [, indent = '', entry] = ENTRY.exec(html) ?? []
  const others = entry === undefined ? [] : reachedFrom(entry, scripts).filter((name) => name !== entry)
  const links = others.map((name) => `${indent}<link rel="modulepreload" href="${name}">\n`).join('')
  return html.replace(ENTRY, (script) => `${links}${script}`).replaceAll(ADDRESS, `$1="${folder}$2"`)
}
