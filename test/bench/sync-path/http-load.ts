import { Pool } from 'undici'
import { serveParent } from '../child.ts'
import { measure } from '../latency.ts'

/** A caller: POSTs the same small JSON body and expects 200. Started by the benchmark in a process of its own. */
serveParent(
  async ({
    url,
    path,
    apiKey,
    ...load
  }: { url: string; path: string; apiKey: string } & Parameters<typeof measure>[1]) => {
    const pool = new Pool(url, { connections: load.concurrency, pipelining: 1 })
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` }
    const call = async () => {
      const { statusCode, body } = await pool.request({ path, method: 'POST', headers, body: '{}' })
      await body.dump()
      if (statusCode !== 200) throw new Error(`status ${statusCode}`)
    }
    const measured = await measure(call, load)
    await pool.close()
    return measured
  },
)
