import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { copyPreparedModels } from '../../../../scripts/bundle/gather.ts'
import { CATALOG } from '../../../../worker/models/catalog.ts'

it("a bundle takes the catalogue's models along, and no model of somebody's own", async () => {
  const dir = mkdtempSync(join(tmpdir(), 'muster-gather-'))
  try {
    const [from, to] = [join(dir, 'from'), join(dir, 'to')]
    const file = CATALOG[0]?.file ?? ''
    mkdirSync(from)
    for (const name of [file, 'own.onnx', 'own.onnx.json']) writeFileSync(join(from, name), '')
    await copyPreparedModels(from, to)
    expect(readdirSync(to)).toEqual([file])
  } finally {
    rmSync(dir, { recursive: true })
  }
})
