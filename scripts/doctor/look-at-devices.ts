import type { Finding } from '../../infra/doctor/finding.ts'
import { judgeDevices } from '../../infra/doctor/judge-devices.ts'
import type { Database } from '../../infra/postgres/pool.ts'
import { createQuarantineStore } from '../../infra/postgres/quarantine-store.ts'

/** Nodes say once a minute that a quarantine holds; one that is gone says nothing any more. */
const BELIEVED_MS = 300_000

/** Devices that nodes keep from work. */
export const lookAtDevices = async (database: Database): Promise<readonly Finding[]> =>
  judgeDevices(await createQuarantineStore(database).active(BELIEVED_MS))
