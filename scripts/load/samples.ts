import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Muster, MusterError } from '../../api/client/client.ts'
import type { TaskName } from '../../infra/domain/task.ts'
import type { CheckEnv } from '../check.ts'
import type { Tally } from './tally.ts'

type Files = Readonly<Record<TaskName, readonly string[]>>

/** What is sent, from the sample pictures. */
const FILES: Files = {
  'face-match': ['person_a_2009.jpg', 'person_a_2012.jpg'],
  liveness: ['person_a_2012.jpg'],
  ocr: ['passport_td3_eriksson_clean.png'],
}
/** What a caller is told who should come back later. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([429, 503])

/**
 * Real checks with sample pictures, counted in `tally`. Nothing is tried again: what is refused is to show.
 * @param tasks taken in turn
 * @param folder of the sample pictures
 */
export const createSampleSender = (
  { url, apiKey }: CheckEnv,
  tasks: readonly TaskName[],
  folder: string,
  tally: Tally,
): (() => Promise<void>) => {
  const muster = new Muster({ baseUrl: url, apiKey, maxRetries: 0 })
  const pictures = new Map(
    tasks.flatMap((task) => FILES[task].map((file) => [file, readFileSync(join(folder, file))] as const)),
  )
  const pictureOf = (task: TaskName, index: number) => pictures.get(FILES[task][index] ?? '') ?? Buffer.alloc(0)
  const ask: Readonly<Record<TaskName, () => Promise<unknown>>> = {
    'face-match': () => muster.faceMatch({ source: pictureOf('face-match', 0), target: pictureOf('face-match', 1) }),
    liveness: () => muster.liveness({ image: pictureOf('liveness', 0) }),
    ocr: () => muster.ocr({ image: pictureOf('ocr', 0) }),
  }
  let turn = 0
  return async () => {
    const task = tasks[turn++ % tasks.length] as TaskName
    const startedAt = performance.now()
    tally.sent()
    try {
      await ask[task]()
      tally.ended('done', performance.now() - startedAt)
    } catch (error) {
      const refused = error instanceof MusterError && REFUSALS.has(error.status)
      tally.ended(refused ? 'refused' : 'failed', performance.now() - startedAt)
    }
  }
}
