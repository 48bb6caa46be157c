import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

/** The lines that a process writes which does this with `createLogger`. */
const linesOf = async (work: string): Promise<readonly Record<string, unknown>[]> => {
  const program = `const { createLogger } = await import('./infra/runtime/logger.ts')\n${work}`
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program])
  return stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line)] : []))
}

it('has the fields of the moment in every line, its children too', async () => {
  const [first, second] = await linesOf(`let count = 0
const log = createLogger('test', 'info', () => ({ trace_id: String(count += 1) }))
log.info({ a: 1 }, 'one')
log.child({ pool: 'p' }).warn({}, 'two')`)
  expect(first).toMatchObject({ service: 'test', level: 'info', a: 1, trace_id: '1', msg: 'one' })
  expect(second).toMatchObject({ pool: 'p', level: 'warn', trace_id: '2', msg: 'two' })
})

it('keeps the text of errors that are not its own to itself', async () => {
  const [line] = await linesOf(`createLogger('test').error({ error: new Error('row of Erika Mustermann') }, 'failed')`)
  expect(line).toMatchObject({ level: 'error', error: { name: 'Error' } })
  expect(JSON.stringify(line)).not.toContain('Erika')
})
