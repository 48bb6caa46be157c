import { describeAuditLog } from '../../contract/audit-log.ts'
import { createMemoryAuditLog } from '../../fakes/audit-log.ts'

const log = createMemoryAuditLog()
describeAuditLog('memory', async () => log)
