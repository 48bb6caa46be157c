import type { Options } from 'amqplib'

/** A dead peer is noticed after about three of these. */
const HEARTBEAT_S = 5
const PORTS: Readonly<Record<string, number>> = { 'amqp:': 5672, 'amqps:': 5671 }

/** Without `noDelay` one caller at a time waits 40 ms for each answer: Nagle meets delayed acknowledgements. */
export const socketOptions = { noDelay: true, keepAlive: true, timeout: 5_000 } as const

/** One node of the broker. */
export type Address = Options.Connect

const numberIn = (params: URLSearchParams, name: string): number | undefined => {
  const text = params.get(name)
  return text === null ? undefined : Number(text)
}

const parse = (text: string): Address => {
  const url = new URL(text)
  const { searchParams: params } = url
  const [frameMax, channelMax] = [numberIn(params, 'frameMax'), numberIn(params, 'channelMax')]
  const given = url.username !== '' || url.password !== ''
  return {
    protocol: url.protocol.slice(0, -1),
    hostname: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (PORTS[url.protocol] ?? 0),
    username: given ? decodeURIComponent(url.username) : 'guest',
    password: given ? decodeURIComponent(url.password) : 'guest',
    // The library decodes it.
    vhost: url.pathname.slice(1),
    heartbeat: numberIn(params, 'heartbeat') ?? HEARTBEAT_S,
    ...(frameMax !== undefined && { frameMax }),
    ...(channelMax !== undefined && { channelMax }),
  }
}

/**
 * The nodes of one broker, in the order to try them.
 * @param urls as RABBITMQ_URL has them: one, or several of a cluster with commas between
 */
export const addressesOf = (urls: string): readonly [Address, ...Address[]] => {
  const [first = '', ...others] = urls
    .split(',')
    .map((url) => url.trim())
    .filter(Boolean)
  return [parse(first), ...others.map(parse)]
}
