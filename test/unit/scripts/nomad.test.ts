import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { findNomad } from '../../../scripts/nomad.ts'

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
