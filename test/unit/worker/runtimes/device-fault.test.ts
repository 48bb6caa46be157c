import { describe, expect, it } from 'vitest'
import { UnavailableError } from '../../../../infra/domain/errors.ts'
import { InferenceThreadError, toThrown } from '../../../../worker/inference/errors.ts'
import { deviceFaultOf, startFaultOf } from '../../../../worker/runtimes/device-fault.ts'
import { InferenceError, RuntimeUnavailableError } from '../../../../worker/runtimes/errors.ts'

const NODE = "Non-zero status code returned while running Conv node. Name:'conv' Status Message: "

describe('an error', () => {
  it.each([
    [
      `${NODE}CUDA failure 700: an illegal memory access was encountered ; GPU=0 ; hostname=n`,
      'broken',
      'illegal-access',
    ],
    ['CUDA failure 719: unspecified launch failure ; GPU=0', 'broken', 'launch-failure'],
    ['CUDA failure 702: the launch timed out and was terminated', 'broken', 'illegal-access'],
    ['CUDA failure 100: no CUDA-capable device is detected ; GPU=0', 'broken', 'device-lost'],
    ['CUDA failure 214: uncorrectable ECC error encountered', 'broken', 'ecc'],
    ['CUDA failure 999: unknown error', 'broken', 'cuda-failure'],
    ['CUDA error: device-side assert triggered', 'broken', 'launch-failure'],
    [`${NODE}CUDNN failure 4000: CUDNN_STATUS_INTERNAL_ERROR ; GPU=0`, 'broken', 'cudnn'],
    ['CUDNN failure 5003: CUDNN_STATUS_EXECUTION_FAILED_CUDART', 'broken', 'cudnn'],
    ['CUBLAS failure 13: CUBLAS_STATUS_EXECUTION_FAILED', 'broken', 'cublas'],
    ['NVRM: Xid (PCI:0000:3b:00): 79, GPU has fallen off the bus.', 'broken', 'device-lost'],
    ['the device was lost', 'broken', 'device-lost'],
    ['VK_ERROR_DEVICE_LOST', 'broken', 'device-lost'],
    ['CUDA failure 2: out of memory ; GPU=0 ; expr=cudaMalloc((void**)&p, size);', 'memory', 'out-of-memory'],
    ['CUDNN failure 4: CUDNN_STATUS_ALLOC_FAILED', 'memory', 'out-of-memory'],
    ['CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED', 'memory', 'out-of-memory'],
    [
      `${NODE}bfc_arena.cc:359 Failed to allocate memory for requested buffer of size 8388608`,
      'memory',
      'out-of-memory',
    ],
  ] as const)('that says %j tells of a device: %s', (text, kind, reason) => {
    expect(deviceFaultOf(new Error(text))).toEqual({ kind, reason })
  })

  it.each([
    'bad tensor',
    'Got invalid dimensions for input: image',
    'the model does not run',
    'CUDA error',
    'cuda,cpu is no device',
    'Failed to load model because protobuf parsing failed',
    '',
  ])('that says %j tells of no device', (text) => {
    expect(deviceFaultOf(new Error(text))).toBeUndefined()
  })

  it('is known by its cause, however it was wrapped and whatever thread it crossed', () => {
    const cause = new InferenceError(new Error('CUDA failure 700: an illegal memory access was encountered'))
    const crossed = new InferenceThreadError(toThrown(cause))
    expect(deviceFaultOf(new UnavailableError('inference', crossed))).toEqual({
      kind: 'broken',
      reason: 'illegal-access',
    })
  })

  it('that is its own cause is read once', () => {
    const error = new Error('round and round')
    error.cause = error
    expect(deviceFaultOf(error)).toBeUndefined()
  })

  it.each([[undefined], ['CUDA failure 700'], [{ message: 'CUDA failure 700' }]])(
    'that is none, like %j, tells nothing',
    (thrown) => {
      expect(deviceFaultOf(thrown)).toBeUndefined()
    },
  )
})

describe('a start that failed', () => {
  const unusable = new RuntimeUnavailableError('no device', [
    { device: 'cuda', reason: 'no driver', cause: new Error() },
  ])

  it('because a device does not open is a fault of the device, but never of a CPU', () => {
    expect(startFaultOf(unusable, ['cuda', 'cpu'])).toEqual({ kind: 'unusable', reason: 'unusable' })
    expect(startFaultOf(unusable, ['cpu'])).toBeUndefined()
  })

  it('for want of a model is none', () => {
    expect(startFaultOf(new Error('no such file'), ['cuda'])).toBeUndefined()
  })
})
