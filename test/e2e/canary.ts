import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { connect } from 'amqplib'
import { Redis } from 'ioredis'
import { Client } from 'pg'
import { rabbitmqctl } from '../../infra/local/rabbitmqctl.ts'
import type { FaultStack } from './fault-stack.ts'

/** What must be found nowhere: no other text of any process looks like it. */
export const CANARY = {
  surname: 'QUETZALCANARY',
  documentNumber: 'CNRY77X4201',
  subject: 'canary-subject-5d1c',
  artist: 'canary-exif-artist-81f0',
  fileName: 'canary-file-name-2b6e',
  wrongKey: 'canary-wrong-key-c07a',
  /** the document type whose worker dies */
  deadly: 'visa',
} as const

/** A place where something was found. */
export interface Hit {
  readonly marker: string
  readonly place: string
}

/** By name: bytes that must be found nowhere. */
export type Markers = Readonly<Record<string, Buffer>>

/** Base64 hides bytes in three ways, by where they begin; without the characters that their neighbours share. */
const inBase64 = (bytes: Buffer): Buffer[] =>
  [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    return Buffer.from(text.slice(shift === 0 ? 0 : 4, -4))
  })

const disguises = (bytes: Buffer): Buffer[] => [bytes, Buffer.from(bytes.toString('hex')), ...inBase64(bytes)]

/** Which markers a place holds, as they are, in hex or in base64. */
export const search = (markers: Markers, place: string, content: Buffer): Hit[] =>
  Object.entries(markers).flatMap(([marker, bytes]) =>
    disguises(bytes).some((disguise) => content.includes(disguise)) ? [{ marker, place }] : [],
  )

type Places = ReadonlyMap<string, Buffer>

/** What is deleted while we look is not there. */
const unlessGone = <T>(read: () => T): T | undefined => {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Folder by folder: one that goes while it is read takes no other with it. */
const pathsUnder = (folder: string): readonly string[] =>
  (unlessGone(() => readdirSync(folder, { withFileTypes: true })) ?? []).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? pathsUnder(path) : entry.isFile() ? [path] : []
  })

const filesUnder = (root: string): Places => {
  const found = new Map<string, Buffer>()
  for (const path of pathsUnder(root)) {
    const content = unlessGone(() => readFileSync(path))
    if (content) found.set(relative(root, path), Buffer.concat([Buffer.from(relative(root, path)), content]))
  }
  return found
}

/** Every message that waits in the broker, with its properties; all of them go back where they were. */
const messages = async (stack: FaultStack): Promise<Places> => {
  const listed = JSON.parse(await rabbitmqctl(stack.dir, ['list_queues', 'name', 'exclusive', '--formatter', 'json']))
  const queues = (listed as { name: string; exclusive: boolean }[]).filter(({ exclusive }) => !exclusive)
  const model = await connect(stack.env.RABBITMQ_URL ?? '')
  const found = new Map<string, Buffer>()
  for (const { name } of queues) {
    const channel = await model.createChannel()
    for (let count = 0; ; count += 1) {
      const message = await channel.get(name)
      if (!message) break
      const about = Buffer.from(JSON.stringify([message.properties, message.fields]))
      found.set(`queue ${name} #${count}`, Buffer.concat([message.content, about]))
    }
    // Closing would put them back too, but some time later: the next look would not find them.
    channel.nackAll(true)
    await channel.close()
  }
  await model.close()
  return found
}

const contentOf = async (redis: Redis, key: string): Promise<readonly (Buffer | string)[]> => {
  switch (await redis.type(key)) {
    case 'string':
      return [(await redis.getBuffer(key)) ?? '']
    case 'hash':
      return Object.entries(await redis.hgetall(key)).flat()
    case 'list':
      return redis.lrangeBuffer(key, 0, -1)
    case 'set':
      return redis.smembersBuffer(key)
    case 'zset':
      return redis.zrange(key, '0', '-1')
    default:
      return [JSON.stringify(await redis.call('XRANGE', key, '-', '+').catch(() => null))]
  }
}

const cached = async (stack: FaultStack): Promise<Places> => {
  const redis = new Redis(stack.env.REDIS_URL ?? '', { maxRetriesPerRequest: 1 })
  const found = new Map<string, Buffer>()
  for (const key of await redis.keys('*')) {
    const parts = (await contentOf(redis, key)).map((part) => Buffer.from(part))
    found.set(`redis ${key}`, Buffer.concat([Buffer.from(key), ...parts]))
  }
  redis.disconnect()
  return found
}

/** Every row of every table. */
const rows = async (stack: FaultStack): Promise<Places> => {
  const client = new Client({ connectionString: stack.env.DATABASE_URL })
  await client.connect()
  // The rows of a table's parts are the table's.
  const tables = await client.query<{ tablename: string }>(
    `select relname as tablename from pg_class
      where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`,
  )
  const found = new Map<string, Buffer>()
  for (const { tablename } of tables.rows) {
    const { rows: all } = await client.query<{ row: Record<string, unknown> }>(
      `select to_jsonb(t) as row from ${tablename} t`,
    )
    for (const [index, { row }] of all.entries())
      for (const [column, value] of Object.entries(row))
        found.set(`table ${tablename}.${column} #${index}`, Buffer.from(JSON.stringify(value) ?? ''))
  }
  await client.end()
  return found
}

/** Everything a stack writes, says or keeps, but the files of the servers themselves, which are what they keep. */
export const everywhere = async (stack: FaultStack): Promise<Places> => {
  const logs = filesUnder(join(stack.dir, 'logs'))
  return new Map([
    ['log of the processes', Buffer.from(stack.log())],
    ...[...logs].map(([name, content]) => [`log ${name}`, content] as const),
    ['metrics of the api', Buffer.from(await stack.metricsText('api'))],
    ['metrics of the node', Buffer.from(await stack.metricsText('node').catch(() => 'it is not running'))],
    ...(await messages(stack)),
    ...(await cached(stack)),
    ...(await rows(stack)),
    ...[...filesUnder(join(stack.dir, 'pictures'))].map(([name, content]) => [`storage ${name}`, content] as const),
  ])
}
