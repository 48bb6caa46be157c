import { type Finding, problem } from '../../infra/doctor/finding.ts'
import { judgePictureKeys, judgeWebhookSecrets } from '../../infra/doctor/judge-secrets.ts'
import type { DatabaseProbe } from '../../infra/ports/doctor.ts'
import type { Env } from './env.ts'
import { secretValue } from './secret-value.ts'

/** Round a key once: what cannot be wrapped and unwrapped now will not be when a picture comes. */
const pictureKeysOf = async (env: Env): Promise<readonly string[]> => {
  const text = secretValue(env, 'ENCRYPTION_KEYS')
  if (text === undefined) return []
  const { createKeyFileWrap, parseKeys } = await import('../../infra/encryption/key-file.ts')
  const wrap = createKeyFileWrap(text)
  await wrap.unwrap(await wrap.wrap(Buffer.alloc(32), 'doctor'), 'doctor')
  return [...parseKeys(text).keys()]
}

/** Can what is sealed be opened, and with the keys it should be? */
export const lookAtKeys = async (
  env: Env,
  probe: Pick<DatabaseProbe, 'webhookSecrets' | 'sealedPictures'>,
): Promise<readonly Finding[]> => {
  const { keyIdsOf } = await import('../../infra/webhooks/secret-box.ts')
  const webhooks = judgeWebhookSecrets(
    await probe.webhookSecrets(),
    keyIdsOf(secretValue(env, 'WEBHOOK_SECRET_KEY') ?? ''),
  )
  const sealed = await probe.sealedPictures()
  try {
    return [webhooks, judgePictureKeys(sealed, await pictureKeysOf(env))]
  } catch (error) {
    const fix = 'docs/privacy.md says what the file of keys looks like'
    return [webhooks, problem('encryption-keys', `cannot be used: ${(error as Error).message}`, fix)]
  }
}
