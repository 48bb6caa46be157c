import { createHash, createVerify } from 'node:crypto'

/** A service account as its server knows it. */
export interface GcsAccount {
  readonly clientEmail: string
  /** PEM */
  readonly publicKey: string
  readonly accessToken: string
}

const dateOf = (text: string) =>
  Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))

/**
 * Is this a V4 signed request of the account's, and still in time? The client signs the host without its port.
 * @source Google Cloud Storage, "V4 signing process with your own program"
 */
export const isSigned = (
  { clientEmail, publicKey }: GcsAccount,
  method: string,
  url: URL,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): boolean => {
  const query = (name: string) => url.searchParams.get(`X-Goog-${name}`) ?? ''
  const [email, ...scope] = query('Credential').split('/')
  if (query('Algorithm') !== 'GOOG4-RSA-SHA256' || email !== clientEmail) return false
  if (Date.now() > dateOf(query('Date')) + Number(query('Expires')) * 1000) return false
  const signedHeaders = query('SignedHeaders')
  // Google wants every header of its own signed: what is not signed could be left out or changed.
  const own = Object.keys(headers).filter((name) => name.startsWith('x-goog-'))
  if (own.some((name) => !signedHeaders.split(';').includes(name))) return false
  const lines = signedHeaders
    .split(';')
    .map((name) => `${name}:${name === 'host' ? url.hostname : String(headers[name] ?? '').trim()}\n`)
  const parameters = [...url.searchParams]
    .filter(([name]) => name !== 'X-Goog-Signature')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .sort()
  const request = [method, url.pathname, parameters.join('&'), lines.join(''), signedHeaders, 'UNSIGNED-PAYLOAD']
  const digest = createHash('sha256').update(request.join('\n')).digest('hex')
  const text = ['GOOG4-RSA-SHA256', query('Date'), scope.join('/'), digest].join('\n')
  return createVerify('RSA-SHA256').update(text).verify(publicKey, query('Signature'), 'hex')
}
