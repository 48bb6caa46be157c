import { AllowListInvalidError, parseAllowList } from './allow-list.ts'
import { PORTS } from './open-sender.ts'
import { keysOf } from './secret-box.ts'
import { refusalOf, targetOf } from './url-rules.ts'

/** 24 to 64 bytes. @source Standard Webhooks 1.0.0 */
const NOTICE_SECRET = /^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/

interface WebhookVariables {
  readonly WEBHOOK_ALLOW?: string
  readonly WEBHOOK_SECRET_KEY?: string
  readonly WEBHOOK_NOTICE_URL?: string
  readonly WEBHOOK_NOTICE_SECRET?: string
}

const allowRule = ({ WEBHOOK_ALLOW = '' }: WebhookVariables): string | undefined => {
  try {
    parseAllowList(WEBHOOK_ALLOW)
    return undefined
  } catch (error) {
    if (error instanceof AllowListInvalidError) return `WEBHOOK_ALLOW: ${error.message}`
    throw error
  }
}

/** An address that would never be called is a mistake to be told of now, not when it is needed. */
const noticeRule = ({ WEBHOOK_ALLOW = '', WEBHOOK_NOTICE_URL: url }: WebhookVariables): string | undefined => {
  if (url === undefined || allowRule({ WEBHOOK_ALLOW }) !== undefined) return undefined
  const target = targetOf(url)
  const refusal = target ? refusalOf(target, { allow: parseAllowList(WEBHOOK_ALLOW), ports: PORTS }) : 'MALFORMED'
  return (
    refusal && `WEBHOOK_NOTICE_URL is not an address that is called (${refusal}): WEBHOOK_ALLOW names receivers inside`
  )
}

/** A secret that signs what operators are told. @throws Error for a text that is none */
export const noticeSecretOf = (text: string): string => {
  if (!NOTICE_SECRET.test(text)) throw new Error('no secret of the form whsec_ and base64')
  return text
}

/** What must hold of the variables of webhooks; each answers what is wrong. */
export const webhookRules: readonly ((config: WebhookVariables) => string | undefined)[] = [
  allowRule,
  noticeRule,
  ({ WEBHOOK_NOTICE_URL: url, WEBHOOK_NOTICE_SECRET: secret }) =>
    (url === undefined) === (secret === undefined)
      ? undefined
      : 'WEBHOOK_NOTICE_URL and WEBHOOK_NOTICE_SECRET belong together: `echo whsec_$(openssl rand -base64 32)` makes one',
  ({ WEBHOOK_SECRET_KEY: key }) =>
    key === undefined || keysOf(key) !== undefined
      ? undefined
      : 'WEBHOOK_SECRET_KEY must be 32 bytes in base64, or several of them: `openssl rand -base64 32` makes one',
]
