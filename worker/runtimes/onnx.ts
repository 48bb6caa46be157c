import type { InferenceSession, Tensor as OrtTensor } from 'onnxruntime-node'
import { explainTrouble } from './device-troubles.ts'
import { InferenceError, RuntimeUnavailableError } from './errors.ts'
import { forbidTelemetry } from './no-telemetry.ts'
import { probeModel } from './probe-model.ts'
import type { Device, DeviceFailure, Runtime, Session, Tensor, TensorData } from './runtime.ts'

type Ort = typeof import('onnxruntime-node')

/** What fails is thrown as well: onnxruntime's own lines on stderr would only go past the log. */
const LOG_FATAL = { name: 'fatal', severity: 4 } as const

/** What a runtime is made of. */
export interface OnnxRuntimeOptions {
  /** tried in this order; the first that runs a model is used for all of them */
  readonly devices: readonly Device[]
  /** threads inside one operator, 1 by default: that scales best with one process a core. 0 = every core */
  readonly threads?: number
}

const sessionOptions = (device: Device, threads: number): InferenceSession.SessionOptions => ({
  executionProviders: [device],
  intraOpNumThreads: threads,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  logSeverityLevel: LOG_FATAL.severity,
  // Threads that spin while they wait take the processor from the picture decoder.
  extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
})

const failure = (device: Device, error: unknown): DeviceFailure => ({
  device,
  reason: explainTrouble(device, error),
  cause: error,
})

const toOrt = (ort: Ort, { data, dims }: Tensor): OrtTensor => {
  if (data instanceof Float32Array) return new ort.Tensor('float32', data, dims)
  if (data instanceof Uint8Array) return new ort.Tensor('uint8', data, dims)
  if (data instanceof Int32Array) return new ort.Tensor('int32', data, dims)
  return new ort.Tensor('int64', data, dims)
}

const fromOrt = (tensor: OrtTensor): Tensor => {
  const { data } = tensor
  const isKnown =
    data instanceof Float32Array ||
    data instanceof Uint8Array ||
    data instanceof Int32Array ||
    data instanceof BigInt64Array
  if (!isKnown) throw new TypeError(`an output of type ${tensor.type} is not supported`)
  return { dims: tensor.dims, data: data satisfies TensorData }
}

const toSession = (ort: Ort, session: InferenceSession): Session => {
  let closing: Promise<void> | undefined
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(feeds) {
      try {
        if (closing) throw new Error('the session is closed')
        const tensors = Object.entries(feeds).map(([name, tensor]) => [name, toOrt(ort, tensor)] as const)
        const outputs = await session.run(Object.fromEntries(tensors))
        return Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, fromOrt(tensor)]))
      } catch (error) {
        throw new InferenceError(error)
      }
    },
    close() {
      closing ??= session.release()
      return closing
    },
  }
}

/** One real inference: a device whose session opens can still fail at its first operator. */
const probe = async (ort: Ort, device: Device, threads: number): Promise<void> => {
  const session = await ort.InferenceSession.create(probeModel(), sessionOptions(device, threads))
  try {
    const { y } = await session.run({ x: new ort.Tensor('float32', Float32Array.of(-1, 2), [2]) })
    if (y?.data[0] !== 0 || y.data[1] !== 2) throw new Error('the device computes wrong results')
  } finally {
    await session.release()
  }
}

const loadOrt = async (devices: readonly Device[]): Promise<Ort> => {
  forbidTelemetry()
  try {
    const ort = await import('onnxruntime-node')
    // Read once, when the first session is made.
    ort.env.logLevel = LOG_FATAL.name
    return ort
  } catch (cause) {
    const reason = `onnxruntime-node cannot be loaded on ${process.platform} ${process.arch}`
    throw new RuntimeUnavailableError(
      'no configured device can run inference',
      devices.map((device) => ({ device, reason, cause })),
    )
  }
}

/**
 * Open the first configured device that really runs a model. onnxruntime itself does not fall back to another device
 * when one cannot be opened, so the order is walked here; which one was got is told by `device`, and never changes later.
 * Inference blocks the calling thread: keep it off the one that renews leases.
 * @throws RuntimeUnavailableError with the reason for every device when none works
 */
export const createOnnxRuntime = async ({ devices, threads = 1 }: OnnxRuntimeOptions): Promise<Runtime> => {
  const ort = await loadOrt(devices)
  const tried: DeviceFailure[] = []
  for (const device of devices) {
    try {
      await probe(ort, device, threads)
    } catch (error) {
      tried.push(failure(device, error))
      continue
    }
    return {
      device,
      skipped: tried,
      async load(modelPath) {
        try {
          return toSession(ort, await ort.InferenceSession.create(modelPath, sessionOptions(device, threads)))
        } catch (error) {
          throw new RuntimeUnavailableError(`${modelPath} cannot be loaded on the device in use`, [
            failure(device, error),
          ])
        }
      },
    }
  }
  throw new RuntimeUnavailableError('no configured device can run inference', tried)
}
