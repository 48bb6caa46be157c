import { createHash } from 'node:crypto'
import { mkdirSync, realpathSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'

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

const nameOf = (dir: string, purpose: string): string => {
  mkdirSync(dir, { recursive: true })
  return `\0muster-${purpose}-${folderId(dir)}`
}

/** Everyone who waits for the lock is connected to it, and learns of its end by being cut off. */
const hold = (server: Server): (() => void) => {
  const waiting = new Set<Socket>()
  server.on('connection', (socket) => {
    waiting.add(socket)
    socket.unref()
    socket.on('error', () => {})
    socket.on('close', () => waiting.delete(socket))
  })
  return () => {
    server.close()
    for (const socket of waiting) socket.destroy()
  }
}

/**
 * Take a folder's lock, if nobody has it, until the answer is called or this process ends. The lock is a socket name in
 * Linux's abstract namespace: the kernel drops it with its holder, so a killed process leaves nothing stale behind.
 * @returns undefined when another holds it
 * @source unix(7), abstract sockets
 */
export const tryFolderLock = async (dir: string, purpose: string): Promise<(() => void) | undefined> => {
  const server = await tryListen(nameOf(dir, purpose))
  return server && hold(server)
}

/** Run `work` while nobody else, in this process or another, does so for the same folder and purpose. */
export const withFolderLock = async <T>(dir: string, purpose: string, work: () => Promise<T>): Promise<T> => {
  let release = await tryFolderLock(dir, purpose)
  while (!release) {
    await holderGone(nameOf(dir, purpose))
    release = await tryFolderLock(dir, purpose)
  }
  try {
    return await work()
  } finally {
    release()
  }
}
