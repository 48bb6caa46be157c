import { accessSync, constants, readFileSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { AppError } from '../domain/errors.ts'

/** Anybody on the machine may read the file a secret is kept in. */
export class SecretFileOpenError extends AppError {
  readonly code = 'CONFIG'
  readonly retryable = false
  constructor() {
    super('names a file that everybody on this machine can read: `chmod o-r` it')
  }
}

/** Where container engines put secrets: often readable by all inside, which is the one process they are for. */
const MOUNTS = /^\/(var\/)?run\/secrets\//
const OTHERS_READ = 0o004
/** `TMPFS_MAGIC` @source Linux, include/uapi/linux/magic.h */
const TMPFS = 0x01021994

/** Kubernetes mounts secrets as a file system in memory that nobody in the container can write to. */
const isReadOnlyMemory = (path: string): boolean => {
  if (statfsSync(path).type !== TMPFS) return false
  try {
    accessSync(dirname(path), constants.W_OK)
    return false
  } catch {
    return true
  }
}

/**
 * The secret in a file, without white space around it.
 * @throws SecretFileOpenError when others may read it too, outside the places where container engines put secrets
 * @throws Error when it cannot be read
 */
export const readSecretFile = (path: string): string => {
  const text = readFileSync(path, 'utf8').trim()
  const open = (statSync(path).mode & OTHERS_READ) !== 0
  if (open && !MOUNTS.test(path) && !isReadOnlyMemory(path)) throw new SecretFileOpenError()
  return text
}

/** The value of a variable as it is now: from its file where it came from one, else as it was at the start. */
export type Present = <T extends string>(name: T, atStart: string) => () => string
