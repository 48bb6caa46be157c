import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { pairsOf } from '../../infra/runtime/trace-config.ts'
import { readSettings, type StackPaths } from '../stack/folder.ts'

type Env = Readonly<Record<string, string | undefined>>

const SECRET = /(SECRET|TOKEN|KEYS?|PASSWORD|CREDENTIALS?|HEADERS)(_FILE)?$/

const readOrNothing = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

const filesIn = (folder: string): readonly string[] => {
  try {
    return readdirSync(folder).map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** The password of an address, as it stands there and as it is meant; its parameters, which may hold one. */
const inAddress = (value: string): readonly string[] => {
  const [, login] = /^[a-z][a-z0-9+.-]*:\/\/([^/]*)@/i.exec(value) ?? []
  const password = login?.split(':').slice(1).join(':') ?? ''
  const parameters = URL.canParse(value) ? [...new URL(value).searchParams] : []
  const named = parameters.flatMap(([name, text]) => (/pass|secret|token|key/i.test(name) ? [text] : []))
  try {
    return [password, decodeURIComponent(password), ...named]
  } catch {
    return [password, ...named]
  }
}

/** A list of keys is as many secrets; `id:key` hides its key. */
const parts = (value: string): readonly string[] => [
  value,
  ...value.split(/[\s,]+/),
  ...value.split(/[\s,]+/).map((entry) => entry.split(':').slice(1).join(':')),
]

/** Of a list of headers the values, and what follows a scheme as in `Bearer key`. */
const inHeaders = (value: string): readonly string[] =>
  Object.values(pairsOf(value)).flatMap((text) => [text, text.split(' ').at(-1) ?? ''])

/** Every value that opens something in a stack: from its environment, the files that it names, and the stack's own folder. */
export const findSecrets = (env: Env, paths: StackPaths): readonly string[] => {
  const named = Object.entries(env).flatMap(([name, value = '']) => {
    const text = name.endsWith('_FILE') ? readOrNothing(value) : value
    if (/HEADERS(_FILE)?$/.test(name)) return [text, ...inHeaders(text)]
    const address = inAddress(text)
    return SECRET.test(name) && !/PUBLIC/.test(name) ? [...parts(text), ...address] : address
  })
  const settings = readSettings(paths)
  const kept = [...filesIn(paths.secrets).map(readOrNothing), readOrNothing(paths.encryptionKeys)]
  const all = [
    ...named,
    ...Object.values(settings.secrets).flatMap(parts),
    settings.apiKey ?? '',
    ...kept.flatMap((text) => (/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? inAddress(text) : parts(text))),
  ]
  return [...new Set(all)].filter((value) => value !== '')
}
