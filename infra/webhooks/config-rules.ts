import { AllowListInvalidError, parseAllowList } from './allow-list.ts'
import { keysOf } from './secret-box.ts'

interface WebhookVariables {
  readonly WEBHOOK_ALLOW?: string
  readonly WEBHOOK_SECRET_KEY?: string
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

/** What must hold of the variables of webhooks; each answers what is wrong. */
export const webhookRules: readonly ((config: WebhookVariables) => string | undefined)[] = [
  allowRule,
  ({ WEBHOOK_SECRET_KEY: key }) =>
    key === undefined || keysOf(key) !== undefined
      ? undefined
      : 'WEBHOOK_SECRET_KEY must be 32 bytes in base64, or several of them: `openssl rand -base64 32` makes one',
]
