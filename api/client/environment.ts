/** An environment variable where there is an environment (Node, Deno, Bun); undefined in browsers. */
export const fromEnvironment = (name: string): string | undefined => {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } }
  return process?.env?.[name] || undefined
}

/** A version 4 UUID. Browsers offer `randomUUID` on secure pages only, so this does with `getRandomValues`. */
const randomId = (): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

/** A key nobody else has, told from an application's own by its beginning. */
export const newIdempotencyKey = (): string => `muster-sdk-${randomId()}`
