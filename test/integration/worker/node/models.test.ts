import { createPublicKey } from 'node:crypto'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest'
import { createModelPublisher } from '../../../../infra/model-store/publisher.ts'
import { trustedOf } from '../../../../infra/model-store/signing-keys.ts'
import { openBlobStore } from '../../../../infra/object-storage/open-blob-store.ts'
import type { BlobStore } from '../../../../infra/ports/blob-store.ts'
import { systemClock } from '../../../../infra/runtime/clock.ts'
import { openS3 } from '../../../contract/blob-store-openers.ts'
import { startS3Server } from '../../../fakes/s3-server.ts'
import { aSigningKey, type BlobModelSite, createModelSite } from '../../../fixtures/model-site.ts'
import { ANode, until } from './a-node.ts'

const WORKER = fileURLToPath(new URL('../../../fixtures/workers/tell-models.ts', import.meta.url))
const ACCOUNT = { accessKeyId: 'MUSTERTEST', secretAccessKey: 'a-secret-that-opens-nothing', region: 'eu-central-1' }
const ONE = { name: 'net', version: '1.0.0', text: 'first' }
const TWO = { name: 'net', version: '1.0.1', text: 'second' }
const POOL = 'faces'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-node-models-'))
  mkdirSync(join(dir, 'store'))
})
afterEach(() => rmSync(dir, { recursive: true }))

const siteOn = async (blobs: BlobStore): Promise<BlobModelSite> => {
  const site = await createModelSite(blobs)
  onTestFinished(() => site.close())
  const pem = createPublicKey(site.key.key).export({ type: 'spki', format: 'pem' }).toString()
  writeFileSync(join(dir, 'public.pem'), pem)
  return site
}

const files = (): Promise<BlobModelSite> => siteOn(openBlobStore(pathToFileURL(join(dir, 'store')).href).store)

const aNode = (env: Record<string, string> = {}): ANode => {
  const node = new ANode(`${POOL}=1`, {
    NODE_WORKER_PROGRAM: WORKER,
    MODELS_SOURCE: 'storage',
    MODELS_URL: pathToFileURL(join(dir, 'store')).href,
    MODELS_PUBLIC_KEYS_FILE: join(dir, 'public.pem'),
    MODELS_CACHE_DIR: join(dir, 'cache'),
    ...env,
  })
  onTestFinished(() => node.destroy())
  return node
}

const stop = async (node: ANode): Promise<void> => {
  node.process.kill('SIGTERM')
  expect((await node.ended).code).toBe(0)
}

const told = (node: ANode) => until('a worker told of its models', () => node.lines.find(({ msg }) => msg === 'models'))

it('a node fetches the latest models before its workers start', async () => {
  const site = await files()
  await site.publish(ONE)
  await site.publish(TWO)
  await site.publishSet([ONE])
  await site.publishSet([TWO])
  const node = aNode()
  expect(await told(node)).toMatchObject({ source: 'folder', files: ['.used', 'manifest.json', 'net-1.0.1.onnx'] })
  await node.settled(POOL, 1)
  expect(await node.metrics('muster_models_obtain_seconds')).toHaveLength(1)
  expect(await node.metrics('muster_models_set')).toEqual(['muster_models_set{service="node"} 2'])
})

it('a node starts without storage when it has the models, and with what it trusted before when storage lies', async () => {
  const site = await files()
  await site.publish(ONE)
  await site.publishSet([ONE])
  const first = aNode()
  await told(first)
  await stop(first)

  renameSync(join(dir, 'store'), join(dir, 'elsewhere'))
  const away = aNode()
  expect(await told(away)).toMatchObject({ files: ['.used', 'manifest.json', 'net-1.0.0.onnx'] })
  await stop(away)

  renameSync(join(dir, 'elsewhere'), join(dir, 'store'))
  const { blobs } = site
  const stranger = createModelPublisher({ blobs, clock: systemClock }, aSigningKey(), [trustedOf(site.key)])
  await stranger.publishSet([])
  const lied = aNode()
  expect(await told(lied)).toMatchObject({ files: ['.used', 'manifest.json', 'net-1.0.0.onnx'] })
  expect(await lied.metrics('muster_models_behind')).toEqual(['muster_models_behind{service="node"} 1'])
  expect(lied.lines).toContainEqual(expect.objectContaining({ msg: 'the latest models cannot be had: others go on' }))
})

it('a node that has nothing it can trust starts no worker', async () => {
  await files()
  const node = aNode()
  expect((await node.ended).code).toBe(1)
  expect(node.lines.filter(({ msg }) => msg === 'models')).toEqual([])
  expect(JSON.stringify(node.lines)).toContain('no set of models is published')
})

/** An S3 server that tells how often each piece was read. */
const countingServer = async () => {
  const server = await startS3Server(ACCOUNT, 'models')
  const reads = new Map<string, number>()
  const front = createServer((incoming, response) => {
    const { method, url = '', headers } = incoming
    if (method === 'GET' && url.includes('/models/pieces/')) reads.set(url, (reads.get(url) ?? 0) + 1)
    const { hostname, port } = new URL(server.endpoint)
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    front.closeAllConnections()
    front.close()
    await server.close()
  })
  return { reads, endpoint: `http://127.0.0.1:${(front.address() as AddressInfo).port}` }
}

it('several nodes that share a disk fetch each byte once', async () => {
  const { reads, endpoint } = await countingServer()
  const place = { endpoint, bucket: 'models', region: ACCOUNT.region, credentials: ACCOUNT }
  const site = await siteOn(openS3(place))
  await site.publish(ONE)
  await site.publishSet([ONE])
  reads.clear()
  const env = {
    MODELS_URL: `s3://models?endpoint=${encodeURIComponent(endpoint)}&region=${ACCOUNT.region}`,
    MODELS_ACCESS_KEY: ACCOUNT.accessKeyId,
    MODELS_SECRET_KEY: ACCOUNT.secretAccessKey,
  }
  const nodes = Array.from({ length: 3 }, () => aNode(env))
  for (const node of nodes) expect(await told(node)).toMatchObject({ source: 'folder' })
  expect([...reads.values()]).toEqual([1])
})
