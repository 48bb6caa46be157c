/** Where inference may run. Chosen by configuration, tried in order. */
export const DEVICES = ['cpu', 'cuda', 'webgpu'] as const
export type Device = (typeof DEVICES)[number]

export type TensorData = Float32Array | Uint8Array | Int32Array | BigInt64Array

/** Row-major. `data.length` is the product of `dims`. */
export interface Tensor {
  readonly dims: readonly number[]
  readonly data: TensorData
}

/** One loaded model: tensors by input name in, tensors by output name out. May be called with any batch size. */
export interface Session {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** @throws InferenceError */
  run(feeds: { readonly [input: string]: Tensor }): Promise<{ readonly [output: string]: Tensor }>
  close(): Promise<void>
}

/** Why one device could not be used, in words an operator can act on. */
export interface DeviceFailure {
  readonly device: Device
  readonly reason: string
  readonly cause: unknown
}

export interface Runtime {
  /** the device that was got, which may be a later one of the configured order */
  readonly device: Device
  /** devices that come earlier in the configured order, and why each was not used: to be logged once at start */
  readonly skipped: readonly DeviceFailure[]
  /** @throws RuntimeUnavailableError when the device that was got cannot load it */
  load(modelPath: string): Promise<Session>
}
