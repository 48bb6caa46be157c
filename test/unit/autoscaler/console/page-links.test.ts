import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPageFiles, releaseFolder } from '../../../../autoscaler/console/page-files.ts'
import { importsOf, reachedFrom, withLinks } from '../../../../autoscaler/console/page-links.ts'

const page = await readPageFiles()
const textOf = (name: string): string => page.get(name)?.bodies.identity.toString() ?? ''
const isScript = (name: string) => /\.(ts|js)$/.test(name)
const scripts = Object.fromEntries([...page.keys()].filter(isScript).map((name) => [name, textOf(name)]))
const linksOf = (html: string, kind: string): readonly string[] =>
  [...html.matchAll(new RegExp(`<link rel="${kind}" href="([^"]+)">`, 'g'))].map(([, address]) => address as string)

describe('what a script imports', () => {
  it.each([
    ["import { a } from './b.ts'", ['views/b.ts']],
    ["import a from '../b.ts'", ['b.ts']],
    ["import {\n  a,\n  b,\n} from '../c/d.ts'\n", ['c/d.ts']],
    ["import '../b.ts'", ['b.ts']],
    ["export { a } from './b.ts'", ['views/b.ts']],
    ["const a = 'import'\n  // from './b.ts'", []],
    ['export const a = b\nconst c = "from \'./d.ts\'"', []],
    ["import a from 'elsewhere'", []],
  ])('of %j is %j', (script, names) => {
    expect(importsOf('views/a.ts', script)).toEqual(names)
  })
})

it('reaches every script once, whoever imports whom, and none that is not there', () => {
  const names = ['a.ts', 'b.ts', 'c.ts', 'd.ts', 'e.ts']
  const anybody = fc.array(fc.constantFrom(...names, 'gone.ts'), { maxLength: 4 })
  fc.assert(
    fc.property(fc.tuple(anybody, anybody, anybody, anybody, anybody), (imports) => {
      const graph = Object.fromEntries(names.map((name, index) => [name, imports[index] ?? []]))
      const texts = Object.fromEntries(
        names.map((name) => [name, (graph[name] ?? []).map((one) => `import './${one}'`).join('\n')]),
      )
      const wanted = new Set(['a.ts'])
      for (const name of wanted) for (const one of graph[name] ?? []) if (graph[one]) wanted.add(one)
      expect(reachedFrom('a.ts', texts).toSorted()).toEqual([...wanted].sort())
    }),
  )
})

it('names on the page every script that the first one needs, and nothing else', () => {
  const folder = releaseFolder(page)
  const wanted = reachedFrom('app.ts', scripts).filter((name) => name !== 'app.ts')
  expect(wanted.length).toBeGreaterThan(50)
  expect(linksOf(textOf(''), 'modulepreload')).toEqual(wanted.map((name) => `${folder}${name}`))
  // What nobody imports would only be carried about, unless there is nothing in it but types.
  const others = Object.keys(scripts).filter((name) => !['app.ts', 'reload.ts', ...wanted].includes(name))
  for (const name of others) expect(scripts[name], name).not.toMatch(/\b(const|function|class)\b/)
})

it('names everything in the folder of its release, and everything named is there', () => {
  const folder = releaseFolder(page)
  const addresses = [...textOf('').matchAll(/ (?:href|src)="([^"]+)"/g)].map(([, address]) => address as string)
  const own = addresses.filter((address) => address !== '#main')
  for (const address of own) expect([address, page.has(address.replace(folder, ''))]).toEqual([address, true])
  expect(own.every((address) => address.startsWith(folder))).toBe(true)
})

it('leaves a page without a script of ours as it is, but for its addresses', () => {
  const html = '<a href="#main">a</a> <a href="https://muster.example/">b</a> <link href="style/a.css">'
  expect(withLinks(html, 'r-1/', {})).toBe(html.replace('style/', 'r-1/style/'))
})
