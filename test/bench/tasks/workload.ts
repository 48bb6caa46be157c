import { readFileSync } from 'node:fs'
import type { TaskName } from '../../../infra/domain/task.ts'

const FIXTURES = new URL('../../fixtures/', import.meta.url)

/** The pictures each task is measured with, by field. */
const PICTURES: Readonly<Record<TaskName, Readonly<Record<string, string>>>> = {
  'face-match': { source: 'person_a_2009.jpg', target: 'person_a_2012.jpg' },
  liveness: { image: 'person_a_2012.jpg' },
  ocr: { image: 'passport_td3_eriksson_phone.jpg' },
}

export interface NamedPicture {
  readonly name: string
  readonly file: string
  readonly bytes: Uint8Array
}

export const picturesOf = (task: TaskName): readonly NamedPicture[] =>
  Object.entries(PICTURES[task]).map(([name, file]) => ({ name, file, bytes: readFileSync(new URL(file, FIXTURES)) }))

const BOUNDARY = 'muster-bench-boundary'
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`

/** The multipart body a client would send, made once: the benchmark measures Muster, not the making of forms. */
export const formOf = (task: TaskName): Buffer =>
  Buffer.concat([
    ...picturesOf(task).flatMap(({ name, file, bytes }) => [
      Buffer.from(
        `--${BOUNDARY}\r\ncontent-disposition: form-data; name="${name}"; filename="${file}"\r\ncontent-type: image/jpeg\r\n\r\n`,
      ),
      bytes,
      Buffer.from('\r\n'),
    ]),
    Buffer.from(`--${BOUNDARY}--\r\n`),
  ])
