import type { SealedCount } from '../ports/doctor.ts'
import { type Finding, problem, warning, well } from './finding.ts'

/** What a stored secret begins with that no key sealed. */
export const READABLE = 'plain'

const RESEAL = './muster doctor --repair'
const sum = (counts: readonly SealedCount[]): number => counts.reduce((total, { count }) => total + count, 0)

/**
 * Can webhook secrets be opened, and with the present key alone? Pure.
 * @param keyIds of `WEBHOOK_SECRET_KEY`, the present one first; none = it is not set
 */
export const judgeWebhookSecrets = (sealed: readonly SealedCount[], keyIds: readonly string[]): Finding => {
  const check = 'webhook-secrets'
  const lost = sum(sealed.filter(({ keyId }) => keyId !== READABLE && !keyIds.includes(keyId)))
  if (lost > 0)
    return problem(
      check,
      `${lost} were sealed with a key that is not there: their endpoints cannot be called`,
      'put that key behind the present one in WEBHOOK_SECRET_KEY, or rotate the secrets',
    )
  if (keyIds.length === 0) {
    const readable = sum(sealed)
    return readable === 0
      ? well(check, 'none is stored')
      : warning(
          check,
          `${readable} are stored readable`,
          `set WEBHOOK_SECRET_KEY (\`openssl rand -base64 32\`), then ${RESEAL}`,
        )
  }
  const stale = sum(sealed.filter(({ keyId }) => keyId !== keyIds[0]))
  return stale === 0
    ? well(check, `${sum(sealed)}, all sealed with the present key`)
    : warning(check, `${stale} are not sealed with the present key`, RESEAL)
}

/**
 * Is every key there that stored pictures need? Pure.
 * @param keyIds of `ENCRYPTION_KEYS`, the present one first; none = it is not set
 */
export const judgePictureKeys = (sealed: readonly SealedCount[], keyIds: readonly string[]): Finding => {
  const check = 'encryption-keys'
  const lost = sealed.filter(({ keyId }) => !keyIds.includes(keyId))
  if (lost.length > 0)
    return problem(
      check,
      `${sum(lost)} jobs have pictures sealed with keys that are not there: ${lost.map(({ keyId }) => keyId).join(', ')}`,
      'put these keys back behind the first line of ENCRYPTION_KEYS_FILE',
    )
  const [present] = keyIds
  return well(
    check,
    present === undefined
      ? 'none: pictures are stored as they are'
      : `${present} seals, and all that are needed are there`,
  )
}
