import type { Registry } from 'prom-client'
import { drainThisProcess } from '../../infra/runtime/run-process.ts'
import type { FaultOn } from '../runtimes/device-fault.ts'
import type { About } from './about.ts'
import { HEARTBEAT_MS, type ToNode, type ToWorker, UNASKED, type WorkerStatus } from './protocol.ts'

/** What a worker tells its node supervisor. In a process that no supervisor started nobody hears it. */
export interface NodeLink {
  /** models are warm and messages are being delivered. @param devices what the models run on @param models `name@version,...` */
  ready(devices?: readonly string[], models?: string): void
  /** what it is at this moment, for whoever asks it over HTTP */
  about(): About
  /** the device failed, not a picture or a model: the node judges what others say of it too */
  deviceFault(fault: FaultOn): void
  /** Send the last metrics, then fall silent. Resolves when they are on their way, also when nobody listens any more. */
  stop(): Promise<void>
}

/** What the supervisor wants to know. */
export interface NodeLinkDeps {
  readonly registry: Pick<Registry, 'getMetricsAsJSON'>
  readonly status: () => WorkerStatus
}

// Without a callback a broken channel would be an uncaught error; `disconnect` already tells the process to drain.
const send = (message: ToNode): Promise<void> =>
  new Promise((resolve) => {
    if (process.send && process.connected) process.send(message, undefined, undefined, () => resolve())
    else resolve()
  })

const UNSUPERVISED = { ready: () => {}, deviceFault: () => {}, stop: () => Promise.resolve() }

const connect = ({ registry, status }: NodeLinkDeps): Omit<NodeLink, 'about'> => {
  const sendMetrics = async (id: number): Promise<void> =>
    send({ type: 'metrics', id, metrics: await registry.getMetricsAsJSON() })
  const beat = (): void => void send({ type: 'heartbeat', ...status() })
  const onMessage = (message: ToWorker): void => {
    if (message.type === 'metrics?') void sendMetrics(message.id)
    else if (message.type === 'drain') drainThisProcess()
  }
  process.on('message', onMessage)
  const beats = setInterval(beat, HEARTBEAT_MS).unref()
  beat()
  return {
    ready(devices, models) {
      beat()
      void send({ type: 'ready', ...(devices && { devices }), ...(models !== undefined && { models }) })
    },
    deviceFault: (fault) => void send({ type: 'device-fault', fault }),
    async stop() {
      clearInterval(beats)
      await sendMetrics(UNASKED)
    },
  }
}

/**
 * Connect to the node supervisor that started this process: from now on it hears a heartbeat each second, and its wish
 * to drain is heard here. The process itself must do it, as `runProcess` does.
 */
export const connectToNode = (deps: NodeLinkDeps): NodeLink => {
  const link = process.send ? connect(deps) : UNSUPERVISED
  let on: readonly string[] = []
  let runs: string | null = null
  return {
    ...link,
    ready(devices, models) {
      on = devices ?? []
      runs = models ?? null
      link.ready(devices, models)
    },
    about() {
      const { consuming, busy } = deps.status()
      return { consuming, inHand: busy, devices: on, models: runs }
    },
  }
}
