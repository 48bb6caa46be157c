import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'

/** Short name for a folder, the same for every process that means this folder. */
export const folderId = (dir: string): string =>
  createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 12)

const tryListen = (name: string): Promise<Server | undefined> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(name, () => {
      server.unref()
      resolve(server)
    })
  })

/** Resolves when the holder lets go, or when nobody holds it any more. */
const holderGone = (name: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(name)
    socket.on('error', () => {})
    socket.on('close', () => resolve())
    socket.resume()
  })

/**
 * Run `work` while no other process does so for the same folder. The lock is a socket name in Linux's abstract
 * namespace: the kernel drops it with its holder, so a killed process leaves nothing stale behind.
 * @source unix(7), abstract sockets
 */
export const withFolderLock = async <T>(dir: string, purpose: string, work: () => Promise<T>): Promise<T> => {
  mkdirSync(dir, { recursive: true })
  const name = `\0muster-${purpose}-${folderId(dir)}`
  let server = await tryListen(name)
  while (!server) {
    await holderGone(name)
    server = await tryListen(name)
  }
  const waiting = new Set<{ destroy(): unknown }>()
  server.on('connection', (socket) => {
    waiting.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => waiting.delete(socket))
  })
  try {
    return await work()
  } finally {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
}
