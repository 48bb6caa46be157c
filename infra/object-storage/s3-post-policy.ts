import { createHmac } from 'node:crypto'

/** Who signs. */
export interface S3Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  /** for temporary credentials */
  readonly sessionToken?: string | undefined
}

/** What an upload form is allowed to do. */
export interface PostPolicy {
  readonly bucket: string
  readonly key: string
  readonly contentType: string
  readonly maxBytes: number
  /** epoch ms */
  readonly expiresAt: number
}

const ALGORITHM = 'AWS4-HMAC-SHA256'

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()

/** The key for one day, one region, one service. */
const signingKey = (secret: string, day: string, region: string): Buffer =>
  ['s3', 'aws4_request'].reduce(hmac, hmac(hmac(`AWS4${secret}`, day), region))

/**
 * Sign a policy document as S3 expects it: the signature is over the Base64 text itself.
 * @param day `YYYYMMDD` in UTC, the one in the credential's scope
 * @returns lower-case hex
 * @source Amazon S3 API reference, "Authenticating requests: browser-based uploads using POST (Signature Version 4)"
 */
export const signPolicy = (policy: string, secret: string, day: string, region: string): string =>
  hmac(signingKey(secret, day, region), policy).toString('hex')

/**
 * The form fields that let somebody put exactly one object of one type, up to a size: the only signed upload of S3's
 * that bounds the size without knowing it. They go before the file, as they are.
 * @param now epoch ms
 */
export const postPolicyFields = (
  { bucket, key, contentType, maxBytes, expiresAt }: PostPolicy,
  { accessKeyId, secretAccessKey, sessionToken }: S3Credentials,
  region: string,
  now: number,
): Readonly<Record<string, string>> => {
  const date = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  const day = date.slice(0, 8)
  const exact = {
    bucket,
    key,
    'Content-Type': contentType,
    'x-amz-algorithm': ALGORITHM,
    'x-amz-credential': `${accessKeyId}/${day}/${region}/s3/aws4_request`,
    'x-amz-date': date,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
  }
  const document = {
    expiration: new Date(expiresAt).toISOString(),
    conditions: [
      ...Object.entries(exact).map(([name, value]) => ({ [name]: value })),
      ['content-length-range', 1, maxBytes],
    ],
  }
  const policy = Buffer.from(JSON.stringify(document)).toString('base64')
  return { ...exact, policy, 'x-amz-signature': signPolicy(policy, secretAccessKey, day, region) }
}
