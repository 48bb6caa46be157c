/** The parts of a JSON schema that the fuzz understands; of the rest it sends anything. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
}

interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header' | 'cookie'
  readonly schema?: Schema
}

interface Described {
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>
  }
  readonly responses: Readonly<Record<string, unknown>>
}

/** One operation of the document that the api itself serves. */
export interface Operation extends Described {
  readonly method: string
  readonly path: string
}

/** How an operation is spoken of. */
export const nameOf = ({ method, path }: Operation): string => `${method} ${path}`

/** The document of a running api, taken apart. */
export interface Document {
  readonly operations: readonly Operation[]
  /** a schema, with a reference followed */
  resolve(schema: Schema): Schema
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace']

export const fetchDocument = async (url: string): Promise<Document> => {
  const raw = (await (await fetch(`${url}/openapi.json`)).json()) as {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Described>>>>
    readonly components: { readonly schemas?: Readonly<Record<string, Schema>> }
  }
  const operations = Object.entries(raw.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([method]) => METHODS.includes(method))
      .map(([method, described]) => ({ ...described, method: method.toUpperCase(), path })),
  )
  const resolve = (schema: Schema): Schema => {
    const name = schema.$ref?.split('/').at(-1)
    return name === undefined ? schema : (raw.components.schemas?.[name] ?? {})
  }
  return { operations, resolve }
}
