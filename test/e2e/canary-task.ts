import type { Json } from '../../infra/domain/json.ts'
import type { TaskModule } from '../../worker/inference/task-module.ts'
import { CANARY } from './canary.ts'

const field = (value: string): Json => ({ value, confidence: 0.99, source: 'visual' })

/** What a model reads from a document of somebody who must be found nowhere. */
const RESULT: Json = {
  documentType: 'passport',
  fields: { surname: field(CANARY.surname), documentNumber: field(CANARY.documentNumber) },
  mrz: null,
  text: [{ text: CANARY.surname, confidence: 0.99, box: { left: 0, top: 0, width: 32, height: 32 } }],
  warnings: [],
}

/** A model that reads what it is told to, and dies of one kind of document, so that there is a dead letter. */
export const loadTask: TaskModule['loadTask'] = async (name) => ({
  device: 'cpu',
  skipped: [],
  task: {
    name,
    models: [{ name: 'canary-test', version: '1.0.0', digest: `sha256:${'0'.repeat(64)}` }],
    async run(items) {
      if (items.some(({ options }) => options.documentType === CANARY.deadly)) process.kill(process.pid, 'SIGKILL')
      return items.map(() => ({ kind: 'result', result: RESULT }))
    },
    warmUp: async () => {},
    close: async () => {},
  },
})
