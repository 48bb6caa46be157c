import { expect, it } from 'vitest'
import { allVariables, formatExample, redact } from '../../../../scripts/config/variables.ts'

it('lists every variable once, with all its readers', () => {
  const variables = allVariables()
  const names = variables.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  expect(variables.find(({ name }) => name === 'DATABASE_URL')).toMatchObject({
    readBy: ['api', 'worker', 'node', 'autoscaler'],
    required: true,
    byDefault: undefined,
  })
})

it('leaves out what only the node supervisor sets', () => {
  expect(allVariables().map(({ name }) => name)).not.toContain('WORKER_POOL')
})

it('writes an example with rules, and defaults in quotes where a shell needs them', () => {
  const text = formatExample([
    { name: 'A', readBy: ['api'], rule: 'text', byDefault: undefined, required: true },
    { name: 'B', readBy: ['api'], rule: 'whole number', byDefault: '5', required: false },
    { name: 'C', readBy: ['api', 'node'], rule: 'text', byDefault: 'x y', required: false },
  ])
  expect(text.split('\n').slice(2)).toEqual([
    '## read by: api',
    '# text (required)',
    '#A=',
    '# whole number',
    'B=5',
    '',
    '## read by: api, node',
    '# text',
    "C='x y'",
    '',
  ])
})

it.each([
  ['DATABASE_URL', 'postgres://muster:p%40ss@127.0.0.1:1/db', 'postgres://muster:***@127.0.0.1:1/db'],
  ['REDIS_URL', 'redis://:pass@127.0.0.1:1', 'redis://:***@127.0.0.1:1'],
  ['RABBITMQ_URL', 'amqp://host', 'amqp://host'],
  ['STORAGE_URL', 'file:///data/a@b', 'file:///data/a@b'],
  ['UPLOAD_SECRET', 'abc', '***'],
  ['NODE_ADMIN_TOKEN', 'abc', '***'],
  ['API_PORT', '8080', '8080'],
])('shows %s without its secret', (name, value, shown) => {
  expect(redact(name, value)).toBe(shown)
})
