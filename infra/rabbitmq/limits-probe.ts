import { UnavailableError } from '../domain/errors.ts'
import type { BrokerLimits } from '../ports/doctor.ts'

/** What RabbitMQ tells of one node, in its HTTP API. */
interface Node {
  readonly running?: boolean
  readonly disk_free_limit?: number
  /** the text "NaN" where it could not look */
  readonly disk_free?: number | string
  readonly disk_free_alarm?: boolean
  readonly mem_limit?: number
  readonly mem_used?: number
  readonly mem_alarm?: boolean
}

const TIMEOUT_MS = 3_000

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined)

const limitsOf = (node: Node): BrokerLimits => ({
  diskLimitBytes: node.disk_free_limit ?? 0,
  diskFreeBytes: numberOf(node.disk_free),
  diskAlarm: node.disk_free_alarm ?? false,
  memoryLimitBytes: node.mem_limit ?? 0,
  memoryUsedBytes: node.mem_used ?? 0,
  memoryAlarm: node.mem_alarm ?? false,
})

const headroomOf = ({ diskFreeBytes = 0, diskLimitBytes }: BrokerLimits): number => diskFreeBytes - diskLimitBytes

/**
 * Ask RabbitMQ's management API: AMQP itself tells nothing of limits.
 * @param url of the management API, `http://user:password@host:15672`
 * @throws UnavailableError
 */
export const managedLimits = async (url: string): Promise<BrokerLimits> => {
  try {
    const target = new URL('api/nodes', url.endsWith('/') ? url : `${url}/`)
    const login = `${decodeURIComponent(target.username)}:${decodeURIComponent(target.password)}`
    target.username = ''
    target.password = ''
    const headers = { authorization: `Basic ${Buffer.from(login).toString('base64')}` }
    const answer = await fetch(target, { headers, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) })
    if (!answer.ok) throw new Error(`it answered ${answer.status}`)
    const nodes = ((await answer.json()) as readonly Node[]).filter(({ running }) => running !== false).map(limitsOf)
    const [worst] = nodes.toSorted((a, b) => headroomOf(a) - headroomOf(b))
    if (!worst) throw new Error('it names no node')
    const any = (alarm: 'diskAlarm' | 'memoryAlarm') => nodes.some((node) => node[alarm])
    return { ...worst, diskAlarm: any('diskAlarm'), memoryAlarm: any('memoryAlarm') }
  } catch (error) {
    throw new UnavailableError('rabbitmq management', error)
  }
}

/** What `rabbitmqctl status --formatter json` prints, as far as it matters here. */
interface Status {
  readonly disk_free_limit: number
  readonly disk_free: number | string
  readonly vm_memory_high_watermark_limit: number
  readonly memory: { readonly total: { readonly rss?: number; readonly allocated?: number } | number }
  readonly alarms: readonly unknown[]
}

/** Read what `rabbitmqctl status --formatter json` printed. @throws UnavailableError when it is something else */
export const limitsInStatus = (text: string): BrokerLimits => {
  try {
    const status = JSON.parse(text) as Status
    const { total } = status.memory
    const alarms = JSON.stringify(status.alarms)
    return {
      diskLimitBytes: status.disk_free_limit,
      diskFreeBytes: numberOf(status.disk_free),
      diskAlarm: /disk/.test(alarms),
      memoryLimitBytes: status.vm_memory_high_watermark_limit,
      memoryUsedBytes: typeof total === 'number' ? total : (total.rss ?? total.allocated ?? 0),
      memoryAlarm: /memory/.test(alarms),
    }
  } catch (error) {
    throw new UnavailableError('rabbitmq', error)
  }
}
