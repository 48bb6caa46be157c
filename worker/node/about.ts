/** What a worker says of itself to whoever asks it over HTTP: `gate`, where workers are containers of their own. */
export interface About {
  /** messages of both lanes are being delivered to it */
  readonly consuming: boolean
  /** jobs in hand */
  readonly inHand: number
  /** what its models run on; empty = they are not loaded yet */
  readonly devices: readonly string[]
  /** `name@version,...`; null = they are not loaded yet */
  readonly models: string | null
}

/** What was read of it. A worker of another release may leave something out: that is unknown, and not zero. */
export type ReadAbout = Pick<About, 'devices' | 'models'> & { readonly inHand: number | null }

/** Nothing is known of it. */
export const UNKNOWN: ReadAbout = { inHand: null, devices: [], models: null }

/** What of an answer can be used. @param body parsed JSON, of anybody @throws never */
export const readAbout = (body: unknown): ReadAbout => {
  if (typeof body !== 'object' || body === null) return UNKNOWN
  const { inHand, devices, models } = body as { readonly [member: string]: unknown }
  return {
    inHand: typeof inHand === 'number' && Number.isInteger(inHand) && inHand >= 0 ? inHand : null,
    devices: Array.isArray(devices) ? devices.filter((one) => typeof one === 'string') : [],
    models: typeof models === 'string' ? models : null,
  }
}
