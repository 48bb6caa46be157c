import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { readPageFiles, releaseFolder } from '../../../../autoscaler/console/page-files.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-page-'))
  mkdirSync(join(folder, 'charts'))
})
afterEach(() => rmSync(folder, { recursive: true }))
const write = (name: string, text: string) => writeFileSync(join(folder, name), text)

it('makes of TypeScript what browsers run, under its own name and line by line as it was', async () => {
  write(
    'charts/scale.ts',
    "import type { A } from '../x.ts'\nimport { b } from '../b.ts'\nexport const c = (d: A): A => b(d)\n",
  )
  const files = await readPageFiles(folder)
  const text = files.get('charts/scale.ts')?.bodies.identity.toString()
  expect(text?.split('\n')).toHaveLength(4)
  expect(text).not.toMatch(/\bA\b/)
  expect(text).toContain("import { b } from '../b.ts'")
  expect(files.get('charts/scale.ts')?.type).toBe('text/javascript; charset=utf-8')
})

it('leaves lie what no browser asks for', async () => {
  for (const name of ['index.html', 'style.css', 'icon.svg', 'app.ts', 'uplot.d.ts', 'notes.md', '.secret', 'key.pem'])
    write(name, '')
  const names = [...(await readPageFiles(folder)).keys()].sort()
  expect(names).toEqual(['', 'app.ts', 'icon.svg', 'style.css', 'vendor/uplot.css', 'vendor/uplot.js'])
})

it('refuses what is no TypeScript whose types can be taken away', async () => {
  write('app.ts', 'enum A { B }')
  await expect(readPageFiles(folder)).rejects.toThrow(/enum/)
})

it('has a folder for each release, another as soon as one file is another', async () => {
  write('index.html', '<script type="module" src="app.ts"></script>')
  write('app.ts', 'const a: number = 1')
  const folderOf = async () => releaseFolder(await readPageFiles(folder))
  const first = await folderOf()
  expect(first).toMatch(/^r-[\w-]{22}\/$/)
  expect(await folderOf()).toBe(first)
  write('app.ts', 'const a: number = 2')
  const second = await folderOf()
  write('icon.svg', '')
  expect(new Set([first, second, await folderOf()]).size).toBe(3)
})

it('says nothing of experiments', async () => {
  const warnings: Error[] = []
  const hear = (warning: Error) => void warnings.push(warning)
  process.on('warning', hear)
  onTestFinished(() => void process.off('warning', hear))
  write('app.ts', 'const a: number = 1')
  await readPageFiles(folder)
  expect(warnings).toEqual([])
})
