import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../../../..')
const tsc = join(root, 'node_modules/.bin/tsc')

/** What a program printed. @throws Error with both outputs when it ended with another code than 0 */
const output = async (program: string, args: readonly string[], cwd: string, env = {}): Promise<string> => {
  try {
    const { stdout } = await run(program, args, { cwd, env: { ...process.env, NO_COLOR: '1', ...env } })
    return stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string }
    throw new Error(`${program} failed\n${stdout}\n${stderr}`, { cause: error })
  }
}

/**
 * Build the client as `npm run build` does and install it into a folder of its own, as an application would find it.
 * @returns the application's folder, and how to type-check and run programs there
 */
export const installClient = async () => {
  const app = await mkdtemp(join(tmpdir(), 'muster-app-'))
  const installed = join(app, 'node_modules/muster')
  const dist = join(installed, 'dist/client')
  await mkdir(installed, { recursive: true })
  await output(tsc, ['-p', join(root, 'api/client/tsconfig.json'), '--outDir', dist], root)
  const { name, version, type, exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  await writeFile(join(installed, 'package.json'), JSON.stringify({ name, version, type, exports }))
  await writeFile(join(app, 'package.json'), JSON.stringify({ type: 'module' }))
  return {
    app,
    dist,
    root,
    async write(file: string, source: string): Promise<void> {
      await writeFile(join(app, file), source)
    },
    /** @param options compiler options beside strict ones @throws Error with the compiler's words */
    async typeCheck(files: readonly string[], options: readonly string[]): Promise<void> {
      const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--ignoreConfig', '--target', 'es2022']
      await output(tsc, [...strict, ...options, ...files], app)
    },
    /** @returns what it wrote to stdout */
    run: (file: string, env: Record<string, string> = {}) => output(process.execPath, [file], app, env),
  }
}

export type InstalledClient = Awaited<ReturnType<typeof installClient>>
