import { createHash, createHmac } from 'node:crypto'

/** One account. */
export interface S3Account {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly region: string
}

/** A request as it came in. */
export interface SignedRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

/** An error in S3's words. */
export class S3Refusal extends Error {
  readonly status: number
  readonly code: string
  constructor(status: number, code: string) {
    super(code)
    this.status = status
    this.code = code
  }
}

const ALGORITHM = 'AWS4-HMAC-SHA256'
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()
const sha256 = (data: string | Uint8Array) => createHash('sha256').update(data).digest('hex')
const encode = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
const dateOf = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

const signWith = ({ secretAccessKey }: S3Account, scope: string, text: string): string => {
  const key = scope.split('/').reduce<string | Buffer>(hmac, `AWS4${secretAccessKey}`)
  return hmac(key, text).toString('hex')
}

/** The scope of a credential, when it is this account's. */
const scopeOf = (account: S3Account, credential: string): string => {
  const [accessKeyId, ...scope] = credential.split('/')
  if (accessKeyId !== account.accessKeyId) throw new S3Refusal(403, 'InvalidAccessKeyId')
  if (scope[1] !== account.region || scope[2] !== 's3') throw new S3Refusal(400, 'AuthorizationHeaderMalformed')
  return scope.join('/')
}

const canonical = ({ method, url, headers }: SignedRequest, signedHeaders: string, payload: string): string => {
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&')
  const lines = signedHeaders.split(';').map((name) => `${name}:${String(headers[name] ?? '').trim()}\n`)
  return [method, url.pathname, query, lines.join(''), signedHeaders, payload].join('\n')
}

interface Claim {
  readonly credential: string
  readonly signedHeaders: string
  readonly signature: string
  readonly date: string
  readonly payload: string
}

const claimOf = ({ url, headers }: SignedRequest): Claim => {
  const query = (name: string) => url.searchParams.get(`X-Amz-${name}`) ?? ''
  if (query('Algorithm') === ALGORITHM) {
    if (Date.now() > dateOf(query('Date')) + Number(query('Expires')) * 1000) throw new S3Refusal(403, 'AccessDenied')
    return {
      credential: query('Credential'),
      signedHeaders: query('SignedHeaders'),
      signature: query('Signature'),
      date: query('Date'),
      payload: 'UNSIGNED-PAYLOAD',
    }
  }
  const parts = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)$/.exec(
    String(headers.authorization ?? ''),
  )
  if (!parts) throw new S3Refusal(403, 'AccessDenied')
  const [, credential = '', signedHeaders = '', signature = ''] = parts
  const [date, payload] = [String(headers['x-amz-date']), String(headers['x-amz-content-sha256'])]
  return { credential, signedHeaders, signature, date, payload }
}

/**
 * Check a signed request, by headers or by query, the body's digest included.
 * @source Amazon S3 API reference, "Authenticating requests (AWS Signature Version 4)"
 */
export const verifyRequest = (account: S3Account, request: SignedRequest): void => {
  const { credential, signedHeaders, signature, date, payload } = claimOf(request)
  const scope = scopeOf(account, credential)
  if (!signedHeaders.split(';').includes('host')) throw new S3Refusal(403, 'AccessDenied')
  const text = [ALGORITHM, date, scope, sha256(canonical(request, signedHeaders, payload))].join('\n')
  if (signature !== signWith(account, scope, text)) throw new S3Refusal(403, 'SignatureDoesNotMatch')
  if (/^[0-9a-f]{64}$/.test(payload) && payload !== sha256(request.body))
    throw new S3Refusal(400, 'XAmzContentSHA256Mismatch')
}

type Condition = Readonly<Record<string, string>> | readonly [string, string | number, string | number]

const holds = (condition: Condition, fields: ReadonlyMap<string, string>, bytes: number): boolean => {
  if (!Array.isArray(condition))
    return Object.entries(condition).every(([name, value]) => fields.get(name.toLowerCase()) === value)
  const [rule, first, second] = condition as [string, string | number, string | number]
  if (rule === 'content-length-range') return bytes >= Number(first) && bytes <= Number(second)
  const value = fields.get(String(first).slice(1).toLowerCase()) ?? ''
  return rule === 'eq' ? value === second : rule === 'starts-with' && value.startsWith(String(second))
}

const NOT_IN_POLICY = new Set(['policy', 'x-amz-signature', 'file'])

/**
 * Check an upload form: its signature, its time, every condition, and that no field came that no condition covers.
 * @param fields by lower-case name, `bucket` from the address among them
 * @source Amazon S3 API reference, "POST policy"
 */
export const verifyForm = (account: S3Account, fields: ReadonlyMap<string, string>, bytes: number): void => {
  const policy = fields.get('policy') ?? ''
  const scope = scopeOf(account, fields.get('x-amz-credential') ?? '')
  if (fields.get('x-amz-signature') !== signWith(account, scope, policy))
    throw new S3Refusal(403, 'SignatureDoesNotMatch')
  const { expiration, conditions } = JSON.parse(Buffer.from(policy, 'base64').toString()) as {
    readonly expiration: string
    readonly conditions: readonly Condition[]
  }
  if (Date.now() > Date.parse(expiration)) throw new S3Refusal(403, 'AccessDenied')
  const covered = new Set(
    conditions
      .flatMap((one) => (Array.isArray(one) ? [String(one[1]).slice(1)] : Object.keys(one)))
      .map((name) => name.toLowerCase()),
  )
  const uncovered = [...fields.keys()].some((name) => !NOT_IN_POLICY.has(name) && !covered.has(name))
  if (uncovered || !conditions.every((condition) => holds(condition, fields, bytes)))
    throw new S3Refusal(403, 'AccessDenied')
}
