import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../infra/domain/errors.ts'

/** The history does not reach back to a commit that is needed. */
export class CommitMissingError extends AppError {
  readonly code = 'COMMIT_NOT_FOUND'
  readonly retryable = false
  constructor(commit: string, cause?: unknown) {
    super(
      `this checkout has no commit ${commit.slice(0, 12)}: a release is compared with the code of the one before. ` +
        'Fetch the whole history (`git fetch --unshallow`)',
      { cause },
    )
  }
}

const MAX_ARCHIVE_BYTES = 512 * 1024 * 1024
/** A branch or a tag may not begin like an option. */
const COMMIT = /^[A-Za-z0-9][A-Za-z0-9._/~^-]*$/

const git = (root: string, args: readonly string[]): Buffer =>
  execFileSync('git', ['-C', root, ...args], { maxBuffer: MAX_ARCHIVE_BYTES, stdio: ['ignore', 'pipe', 'pipe'] })

/** The full name of a commit and its day. @throws CommitMissingError */
export const findCommit = (root: string, name: string): { readonly commit: string; readonly on: string } => {
  if (!COMMIT.test(name)) throw new CommitMissingError(name)
  try {
    const text = git(root, ['show', '--no-patch', '--format=%H %cs', `${name}^{commit}`]).toString('utf8')
    const [commit = '', on = ''] = text.trim().split(' ')
    return { commit, on }
  } catch (cause) {
    throw new CommitMissingError(name, cause)
  }
}

/**
 * Lay the files of a commit into a folder, to be run with the packages that are installed here.
 * @param folder is made; below it nothing else may lie
 * @throws CommitMissingError
 */
export const extractCommit = (root: string, name: string, folder: string): void => {
  const { commit } = findCommit(root, name)
  mkdirSync(folder, { recursive: true })
  execFileSync('tar', ['-x', '-C', folder], { input: git(root, ['archive', '--format=tar', commit]) })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
}
