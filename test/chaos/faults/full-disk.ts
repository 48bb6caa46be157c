import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Fault } from '../fault.ts'
import { emptySmallDisk, fillSmallDisk, makeSmallDisk, releaseSmallDisk, smallDiskRefused } from '../small-disk.ts'
import { asOperator } from './database.ts'

const HOLD_MS = 6_000
const TABLESPACE = 'chaos_small'

const moveJobs = (tablespace: string): readonly string[] => [
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
  impossible: smallDiskRefused,
  async inject(stack) {
    const place = makeSmallDisk(stack.dir, statSync(join(stack.dir, 'postgres', 'data')))
    await asOperator(
      stack,
      `create tablespace ${TABLESPACE} location '${place}'`,
      ...moveJobs(TABLESPACE),
      // Free room inside the table's pages would take new rows for a while.
      'vacuum full job',
    )
    fillSmallDisk(stack.dir)
    return undefined
  },
  async heal(stack) {
    emptySmallDisk(stack.dir)
    await asOperator(stack, ...moveJobs('pg_default'), `drop tablespace ${TABLESPACE}`)
    releaseSmallDisk(stack.dir)
  },
}
