import { describeTenantStore } from '../../contract/tenant-store.ts'
import { createMemoryTenantStore } from '../../fakes/tenant-store.ts'

describeTenantStore('memory', async () => createMemoryTenantStore())
