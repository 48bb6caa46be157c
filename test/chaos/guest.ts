import sharp from 'sharp'

const ANSWER_MS = 8_000

/** What of an answer a guest goes on with. */
export interface Answer {
  /** 0 = there was none */
  readonly status: number
  readonly location: string | null
  readonly body: Readonly<Record<string, unknown>>
}

const NO_ANSWER: Answer = { status: 0, location: null, body: {} }

/** Somebody who uses the api and expects nothing: whoever is killed under him, he goes on with something else. */
export interface Guest {
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** A permission from the api, used. */
  upload(): Promise<string | undefined>
  /** Ask for a check. @returns the job's id, when it was accepted */
  check(
    options?: Readonly<Record<string, unknown>>,
    prefer?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<string | undefined>
}

interface SignedUpload {
  readonly uploadId: string
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly fields?: Readonly<Record<string, string>>
}

const formOf = (fields: Readonly<Record<string, string>>, picture: Buffer): FormData => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  form.append('file', new Blob([new Uint8Array(picture)], { type: 'image/jpeg' }))
  return form
}

const read = async (answer: Response): Promise<Answer> => {
  const text = await answer.text()
  const body = answer.headers.get('content-type')?.includes('json') ? JSON.parse(text) : {}
  return { status: answer.status, location: answer.headers.get('location'), body }
}

/** @param urls of the replicas, asked in turn */
export const createGuest = async (urls: readonly string[], key: string): Promise<Guest> => {
  const picture = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#888' } })
    .jpeg()
    .toBuffer()
  let turn = 0

  const fetched = async (url: string, init: RequestInit): Promise<Answer> => {
    try {
      return await read(await fetch(url, { ...init, signal: AbortSignal.timeout(ANSWER_MS) }))
    } catch {
      return NO_ANSWER
    }
  }

  const ask: Guest['ask'] = (method, path, body, headers = {}) => {
    turn += 1
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    return fetched(`${urls[turn % urls.length]}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, ...type, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  }

  return {
    ask,
    async upload() {
      const { status, body } = await ask('POST', '/v1/uploads', { contentType: 'image/jpeg' })
      if (status !== 201) return undefined
      const { url, method, headers, fields, uploadId } = body as unknown as SignedUpload
      await fetched(url, { method, headers, body: fields ? formOf(fields, picture) : new Uint8Array(picture) })
      return uploadId
    },
    async check(options = {}, prefer = 'respond-async', headers = {}) {
      const image = { base64: picture.toString('base64') }
      const { status, body } = await ask('POST', '/v1/liveness', { image, ...options }, { prefer, ...headers })
      return status === 200 || status === 202 ? String(body.id) : undefined
    },
  }
}
