import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { askNomad, findNomad } from '../../../scripts/nomad.ts'

const folder = mkdtempSync(join(tmpdir(), 'muster-nomad-'))
afterAll(() => rmSync(folder, { recursive: true }))
const program = join(folder, 'nomad')
writeFileSync(program, '#!/bin/sh\n')
chmodSync(program, 0o755)
const plain = join(folder, 'plain')
writeFileSync(plain, '')

describe('findNomad', () => {
  it('takes the one that is named before the one in PATH', () => {
    expect(findNomad({ PATH: `/nowhere:${folder}` })).toBe(program)
    expect(findNomad({ PATH: folder, NOMAD_BIN: '/bin/sh' })).toBe('/bin/sh')
  })

  it('finds none where there is none', () => {
    expect(findNomad({ PATH: '/nowhere' })).toBeUndefined()
    expect(findNomad({})).toBeUndefined()
  })

  it('refuses a name of no program', () => {
    expect(() => findNomad({ NOMAD_BIN: '/nowhere/nomad' })).toThrow('no program that can be run')
    expect(() => findNomad({ NOMAD_BIN: plain })).toThrow('no program that can be run')
  })
})

describe('askNomad', () => {
  /** A program that answers as Nomad was seen to. */
  const standIn = (name: string, script: string): string => {
    const path = join(folder, name)
    writeFileSync(path, `#!/bin/sh\n${script}\n`)
    chmodSync(path, 0o755)
    return path
  }

  it('has each file validated with the variables of the site, and the form of all looked at', () => {
    const log = join(folder, 'calls')
    const nomad = standIn('says-yes', `echo "$@" >> ${log}; echo Job validation successful`)
    expect(askNomad(nomad, ['/a.nomad.hcl'], '/site.hcl')).toEqual({ problems: [], withAgent: true })
    const calls = readFileSync(log, 'utf8').trim().split('\n')
    expect(calls[0]).toMatch(/^fmt -check -recursive .*\/nomad\/$/)
    expect(calls.slice(1)).toEqual(['job validate -var-file=/site.hcl -hcl2-strict=false /a.nomad.hcl'])
  })

  it('tells what Nomad has against a file', () => {
    const nomad = standIn('says-no', 'echo Unsupported block type >&2; exit 1')
    const { problems } = askNomad(nomad, ['/a.nomad.hcl'], '/site.hcl')
    expect(problems).toHaveLength(2)
    expect(problems.join('\n')).toContain('Unsupported block type')
  })

  it('sees that no agent was asked', () => {
    const said = "Driver configuration not validated since connection to Nomad agent couldn't be established."
    expect(askNomad(standIn('alone', `echo "${said}"`), ['/a.nomad.hcl'], '/s').withAgent).toBe(false)
  })
})
