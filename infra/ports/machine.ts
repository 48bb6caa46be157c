/** A GPU as its driver tells of it. */
export interface Gpu {
  readonly index: number
  readonly name: string
  readonly memoryBytes: number
}

/** How a GPU is used at this moment. What the driver does not tell is null, never zero. */
export interface GpuUse {
  readonly index: number
  readonly name: string
  readonly driver: string | null
  readonly memoryBytes: number | null
  readonly memoryUsedBytes: number | null
  /** share of the last moment in which it computed, 0..1 */
  readonly utilisationRatio: number | null
}

/** Looks at the GPUs of this machine. */
export interface GpuWatch {
  /** by index; none where there is no GPU, no driver, or it does not answer in time */
  gpuUses(): Promise<readonly GpuUse[]>
}

/** The machine, or the share of it, that this process runs in. */
export interface Machine {
  /** what the processes here may have together: the limit of the container or cgroup, else all of the machine's */
  memoryBytes(): number
  /** by index; none where there is no GPU, no driver, or it does not answer */
  gpus(): Promise<readonly Gpu[]>
}
