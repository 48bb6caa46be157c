import { AppError } from '../../infra/domain/errors.ts'
import type { Device } from './runtime.ts'

/**
 * - `broken`: what runs on the device cannot be trusted any more, and neither can the process that met it: a CUDA context
 *   that has failed once fails for ever
 * - `memory`: the device is well and has no room
 * - `unusable`: a device that was configured, or worked before, does not open
 */
export type FaultKind = 'broken' | 'memory' | 'unusable'

/** What befell a device, in words from a small fixed set: fit for a label of a metric. */
export interface DeviceFault {
  readonly kind: FaultKind
  readonly reason: string
}

/** The same with the device it befell. */
export interface FaultOn extends DeviceFault {
  readonly device: Device
}

/**
 * Texts by which onnxruntime and what it runs on tell of a device, the most telling first. Lack of memory comes as a CUDA,
 * cuDNN or cuBLAS failure too, so it is looked for before these.
 * @source microsoft/onnxruntime `cuda_call.cc` (`CUDA failure 700: an illegal memory access was encountered ; GPU=0 ...`,
 *   `CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR`), `bfc_arena.cc` (`Failed to allocate memory for requested buffer of
 *   size`); NVIDIA CUDA `cudaError`, "XID Errors"
 */
const SIGNS: readonly (readonly [RegExp, FaultKind, string])[] = [
  [/\bXid\b|fallen off the bus|\bGPU is lost\b/i, 'broken', 'device-lost'],
  [/uncorrectable ECC|ECC error/i, 'broken', 'ecc'],
  [
    /\bout of memory\b|CUDNN_STATUS_ALLOC_FAILED|CUBLAS_STATUS_ALLOC_FAILED|Failed to allocate memory for requested buffer/i,
    'memory',
    'out-of-memory',
  ],
  [/illegal memory access|misaligned address|illegal instruction|CUDA failure 70[0-9]/i, 'broken', 'illegal-access'],
  [/launch (failure|timed out)|device-side assert/i, 'broken', 'launch-failure'],
  [/no CUDA-capable device|CUDA driver version is insufficient|device\(s\) is\/are busy/i, 'broken', 'device-lost'],
  [/\bCUDNN_(STATUS|BACKEND)_\w+|\bCUDNN failure\b/, 'broken', 'cudnn'],
  [/\bCUBLAS_STATUS_\w+|\bCUBLAS failure\b/, 'broken', 'cublas'],
  [/\bCUDA failure\b|\bCUDA error( \d+)?:/i, 'broken', 'cuda-failure'],
  [/\b(device|adapter) (was |is )?lost\b|VK_ERROR_DEVICE_LOST/i, 'broken', 'device-lost'],
]

/** Wrappers wrap wrappers; what lies deeper than this was not put there by us. */
const MOST_CAUSES = 10

const messagesOf = (error: unknown): readonly string[] => {
  const messages: string[] = []
  let current = error
  for (let depth = 0; current instanceof Error && depth < MOST_CAUSES; depth += 1) {
    messages.push(current.message)
    current = current.cause
  }
  return messages
}

/** What an error, or one of its causes, says of the device; undefined = it is about something else. Pure. */
export const deviceFaultOf = (error: unknown): DeviceFault | undefined => {
  const messages = messagesOf(error)
  for (const [text, kind, reason] of SIGNS) if (messages.some((message) => text.test(message))) return { kind, reason }
  return undefined
}

/**
 * The same for an error that kept models from being loaded: a device that does not open is a fault of it, whatever it says.
 * Not of a CPU: what cannot be loaded there is the file's fault. Pure.
 */
export const startFaultOf = (error: unknown, [device]: readonly Device[]): DeviceFault | undefined => {
  const isUnusable = error instanceof AppError && error.code === 'RUNTIME_UNAVAILABLE' && device !== 'cpu'
  return isUnusable ? { kind: 'unusable', reason: 'unusable' } : deviceFaultOf(error)
}
