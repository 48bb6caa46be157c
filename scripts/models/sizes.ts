import type { ModelFile } from '../../infra/ports/model-store.ts'

const MEGABYTE = 1_000_000

/** Bytes as people compare them: `22.4 MB`. */
export const inMegabytes = (bytes: number): string => `${(bytes / MEGABYTE).toFixed(1)} MB`

/** All files of a version. */
export const bytesOf = (files: readonly ModelFile[]): number => files.reduce((sum, { bytes }) => sum + bytes, 0)
