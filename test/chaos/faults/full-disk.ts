import { execFileSync } from 'node:child_process'
import { chownSync, mkdirSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import type { ChaosStack } from '../stack.ts'
import { asOperator } from './database.ts'

/** Room for the tables of a campaign, and little more. */
const QUOTA_MIB = 64
const HOLD_MS = 6_000
const TABLESPACE = 'chaos_small'

const placeOf = (stack: ChaosStack): string => join(stack.dir, 'small-disk')

const mount = (place: string): void => {
  mkdirSync(place, { recursive: true })
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${QUOTA_MIB}m,mode=0777`, 'muster-chaos', place])
}

/** Also what an earlier campaign that was killed has left. */
export const releaseSmallDisk = (dir: string): void => {
  try {
    execFileSync('umount', ['-l', join(dir, 'small-disk')], { stdio: 'ignore' })
  } catch {
    // It was not mounted.
  }
}

const impossible = (): string | undefined => {
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

/** Leave no block free, whatever the file system keeps back for itself. */
const fill = (place: string): void => {
  const { bavail, bsize } = statfsSync(place)
  writeFileSync(join(place, 'filler'), Buffer.alloc(bavail * bsize))
}

const move = (tablespace: string): readonly string[] => [
  `alter table job set tablespace ${tablespace}`,
  `do $$ declare i record; begin
     for i in select indexname from pg_indexes where tablename = 'job' loop
       execute format('alter index %I set tablespace ${tablespace}', i.indexname);
     end loop;
   end $$`,
]

/** The jobs' table moves to a disk of a few megabytes, and the rest of that disk is filled: SQLSTATE 53100. */
export const fullDisk: Fault = {
  name: 'PostgreSQL disk full',
  holdMs: HOLD_MS,
  impossible,
  async inject(stack) {
    const place = placeOf(stack)
    mount(place)
    const { uid, gid } = statSync(join(stack.dir, 'postgres', 'data'))
    chownSync(place, uid, gid)
    await asOperator(
      stack,
      `create tablespace ${TABLESPACE} location '${place}'`,
      ...move(TABLESPACE),
      // Free room inside the table's pages would take new rows for a while.
      'vacuum full job',
    )
    fill(place)
    return undefined
  },
  async heal(stack) {
    rmSync(join(placeOf(stack), 'filler'), { force: true })
    await asOperator(stack, ...move('pg_default'), `drop tablespace ${TABLESPACE}`)
    releaseSmallDisk(stack.dir)
  },
}
