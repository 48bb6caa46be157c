import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Room for the tables of a campaign, and little more. */
const QUOTA_MIB = 64

const placeIn = (dir: string): string => join(dir, 'small-disk')

const mount = (place: string): void => {
  mkdirSync(place, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${QUOTA_MIB}m,mode=0777`, 'muster-chaos', place])
}

/** Why this machine gives us no small disk; undefined = it does. */
export const smallDiskRefused = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'needs root, for a small disk of its own'
  const place = join('/tmp', `muster-chaos-probe-${process.pid}`)
  try {
    mount(place)
    execFileSync('umount', [place])
    return undefined
  } catch {
    return 'needs the right to mount, for a small disk of its own'
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

/** A disk of a few megabytes under a folder. @returns where */
export const makeSmallDisk = (dir: string, owner: { readonly uid: number; readonly gid: number }): string => {
  const place = placeIn(dir)
  mount(place)
  chownSync(place, owner.uid, owner.gid)
  return place
}

/** Leave no block free. */
export const fillSmallDisk = (dir: string): void => {
  const { bavail, bsize } = statfsSync(placeIn(dir))
  try {
    writeFileSync(join(placeIn(dir), 'filler'), Buffer.alloc(bavail * bsize))
  } catch (error) {
    // Others write there too: it is full all the same.
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
  }
}

/** Free what `fillSmallDisk` took. */
export const emptySmallDisk = (dir: string): void => rmSync(join(placeIn(dir), 'filler'), { force: true })

/** Nothing happens when there is none. */
export const releaseSmallDisk = (dir: string): void => {
  try {
    execFileSync('umount', ['-l', placeIn(dir)], { stdio: 'ignore' })
  } catch {
    // It was not mounted.
  }
}
