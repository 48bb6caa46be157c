import type { TaskName } from '../../../infra/domain/task.ts'
import { createPictureCodec } from '../../../infra/pictures/codec.ts'
import type { DecodedPicture } from '../../../infra/ports/picture-codec.ts'
import { loadTask } from '../../../worker/inference/load-task.ts'
import type { Device } from '../../../worker/runtimes/runtime.ts'
import { serveParent } from '../child.ts'
import { measure } from '../latency.ts'
import { picturesOf } from './workload.ts'

/** The task without Muster: decode and infer in one loop, on one thread. What Muster's own cost is held against. */
const name = process.env.TASK as TaskName
const batchSize = Number(process.env.BATCH_SIZE)
const { task } = await loadTask(name, {
  modelsDir: process.env.MODELS_DIR as string,
  devices: (process.env.WORKER_DEVICES ?? 'cpu').split(',') as Device[],
  intraOpThreads: 1,
})
await task.warmUp()
const codec = createPictureCodec()
const pictures = picturesOf(name)

const item = async () => {
  const decoded = await Promise.all(
    pictures.map(async (picture) => [picture.name, await codec.decode(picture.bytes, picture.name)] as const),
  )
  return { pictures: Object.fromEntries(decoded) as Record<string, DecodedPicture>, options: {} }
}

serveParent((load: { warmUpMs: number; durationMs: number }) =>
  measure(
    async () => {
      const answers = await task.run(await Promise.all(Array.from({ length: batchSize }, item)))
      if (answers.some(({ kind }) => kind !== 'result')) throw new Error('no result')
    },
    { ...load, concurrency: 1 },
  ),
)
