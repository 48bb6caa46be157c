import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeModelStore, type PublishedModel } from '../../contract/model-store.ts'
import { createFakeModelStore } from '../../fakes/model-store.ts'
import { aCard } from '../../fixtures/model-site.ts'

const draftOf = (model: PublishedModel) => {
  const card = aCard(model)
  const { name, version, role } = card
  return { name, version, role, card, files: new Map([[card.file, Buffer.from(model.text ?? '')]]) }
}

describeModelStore('memory', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'muster-fake-models-'))
  const fake = createFakeModelStore(dir)
  return {
    open: () => fake.open(),
    publish: async (model) => fake.publish(draftOf(model)),
    publishSet: async (models) => fake.publishSet(models),
    damage: async ({ name, version }) => fake.damage(name, version),
    forge: async (model) => fake.publish(draftOf(model), false),
    removeSet: async () => fake.removeSet(),
    away: () => fake.away(),
    close: () => rm(dir, { recursive: true }),
  }
})
