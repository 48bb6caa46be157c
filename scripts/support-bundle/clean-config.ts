/** Values that open something. */
const SECRET = /(SECRET|TOKEN|KEYS?|PASSWORD|CREDENTIALS?|HEADERS)$/
/** Values that name people. */
const PEOPLE = /^SLACK_(OPERATORS|ADMINS)$/
/** Addresses whose path says where data lies, and opens nothing. */
const PLACES = /^(DATABASE|RABBITMQ|REDIS|STORAGE|MODELS)_URL$/
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i
/** As far as its last `@`: a password may hold what stands between addresses, so it goes before they are told apart. */
const LOGIN = /([a-z][a-z0-9+.-]*:\/\/)(?:(?!,[a-z][a-z0-9+.-]*:\/\/)\S)*@/gi

const cleanAddress = (name: string, value: string): string => {
  if (!URL.canParse(value)) return '[an address that cannot be read]'
  const { protocol, host, pathname, username, search } = new URL(value)
  const login = username === '' ? '' : '[login]@'
  const path = PLACES.test(name) ? pathname : pathname === '/' || pathname === '' ? '' : '/[path]'
  return `${protocol}//${login}${host}${path}${search === '' ? '' : '?[parameters]'}`
}

/**
 * A variable's value as support may see it. Pure.
 * @returns for a secret whether it is set, and nothing of it, not even its length
 */
export const cleanSetting = (name: string, value: string): string => {
  if (SECRET.test(name) || PEOPLE.test(name)) return '[set]'
  return value
    .replace(LOGIN, '$1login@')
    .split(/(\s+|,)/)
    .map((part) => (ADDRESS.test(part) ? cleanAddress(name, part) : part))
    .join('')
}
