import { extname } from 'node:path'
import type { Json } from '../../infra/domain/json.ts'
import type { ModelCard } from './manifest.ts'
import type { Model } from './registry.ts'

/** A model as it is published: its card, and its files under names that no other version uses. */
export interface PackagedModel {
  readonly name: string
  readonly version: string
  readonly role: string
  readonly card: { readonly [member: string]: Json }
  readonly files: readonly { readonly file: string; readonly path: string }[]
}

/**
 * Make a verified model ready to be published. Files are named after the version, so that any set of versions fits into
 * one folder; the digests stay what they were. Pure.
 */
export const packageVersion = ({ card, path, asset }: Pick<Model, 'card' | 'path' | 'asset'>): PackagedModel => {
  const { name, version, role } = card
  const stem = `${name}-${version}`
  const model = { file: `${stem}${extname(card.file)}`, path }
  const assets = (card.assets ?? []).map((found) => ({
    ...found,
    file: `${stem}-${found.name}${extname(found.file)}`,
  }))
  const packaged: ModelCard = { ...card, file: model.file, ...(card.assets ? { assets } : {}) }
  const files = [model, ...assets.map(({ file, name: asked }) => ({ file, path: asset(asked) }))]
  return { name, version, role, card: packaged as unknown as PackagedModel['card'], files }
}
