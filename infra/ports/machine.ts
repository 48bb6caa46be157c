/** A GPU as its driver tells of it. */
export interface Gpu {
  readonly index: number
  readonly name: string
  readonly memoryBytes: number
}

/** The machine, or the share of it, that this process runs in. */
export interface Machine {
  /** what the processes here may have together: the limit of the container or cgroup, else all of the machine's */
  memoryBytes(): number
  /** by index; none where there is no GPU, no driver, or it does not answer */
  gpus(): Promise<readonly Gpu[]>
}
