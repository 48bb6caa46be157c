import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { evaluateJob, evaluateVariables, type Value } from '../../../../scripts/nomad/evaluate-hcl.ts'
import { HclInvalidError, parseHcl } from '../../../../scripts/nomad/hcl.ts'

const valuesOf = (text: string) => evaluateVariables(parseHcl(text))
const jobOf = (body: string, given: Readonly<Record<string, Value>> = {}) =>
  evaluateJob(parseHcl(`variable "a" {\n default = { y = 2, x = 1 }\n}\njob "j" {\n${body}\n}`), given)

describe('parseHcl', () => {
  it.each([
    ['a = 1', 1],
    ['a = -2.5', -2.5],
    ['a = true', true],
    ['a = null', null],
    ['a = "x"', 'x'],
    ['a = "\\"q\\"\\n"', '"q"\n'],
    ['a = "$${not}"', `\${not}`],
    ['a = "{{ x }}"', '{{ x }}'],
    ['# no\na = 1 # yes', 1],
    ['/* no\n */ a = 1 // yes', 1],
    ['a = [1, "b", ]', [1, 'b']],
    ['a = { b = 1, "c/d" = 2 }', { b: 1, 'c/d': 2 }],
    ['a = {\n  b = 1\n  c : 2\n}', { b: 1, c: 2 }],
    ['a = <<EOF\none\n two\nEOF\n', 'one\n two\n'],
    ['a = join("-", ["x", upper("y")])', 'x-Y'],
    ['a = merge({ b = 1 }, { b = 2 })', { b: 2 }],
    ['a = [for k, v in { y = 2, x = 1 } : join("", [k, v])]', ['x1', 'y2']],
    ['a = { for v in ["b", "c"] : upper(v) => v }', { B: 'b', C: 'c' }],
  ] as const)('reads %j', (text, value) => {
    expect(valuesOf(text)).toEqual({ a: value })
  })

  it.each([
    ['a = ', 'line 1'],
    ['\n\na = 1 + 2', 'line 3'],
    ['a = "x', 'line 1: the text ends in the middle'],
    ['a = "%{ if x }"', 'directives'],
    ['a = "\\q"', 'an escape'],
    ['a = 1\na = 2', 'line 2: a is set twice'],
    ['b {', 'line 1'],
    ['b "x" {}\n}', 'line 2'],
    ['a = <<EOF\nx', 'heredoc'],
  ])('refuses %j, and says where', (text, why) => {
    expect(() => parseHcl(text)).toThrow(HclInvalidError)
    expect(() => parseHcl(text)).toThrow(why)
  })

  it('reads every value as it was written', () => {
    const values = fc.letrec<{ value: Value }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.string(),
        fc.integer(),
        fc.boolean(),
        fc.array(tie('value'), { maxLength: 4 }),
        fc.dictionary(fc.stringMatching(/^[a-z]\w{0,5}$/), tie('value'), { maxKeys: 4 }),
      ),
    })).value
    const write = (value: Value): string => {
      if (typeof value === 'string') return JSON.stringify(value).replaceAll('${', '$${')
      if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`
      if (typeof value !== 'object' || value === null) return String(value)
      return `{\n${Object.entries(value)
        .map(([key, inner]) => `"${key}" = ${write(inner)}\n`)
        .join('')}}`
    }
    const plain = (value: Value): boolean => !/\\[bfu]|[$%]\{/.test(JSON.stringify(value))
    fc.assert(
      fc.property(values.filter(plain), (value) => {
        expect(valuesOf(`a = ${write(value)}`)).toEqual({ a: value })
      }),
    )
  })
})

describe('evaluateJob', () => {
  it('takes a default where nothing is given', () => {
    expect(jobOf('b = var.a.x').attributes).toEqual({ b: 1 })
    expect(jobOf('b = var.a.x', { a: { x: 7 } }).attributes).toEqual({ b: 7 })
    expect(() => evaluateJob(parseHcl('variable "a" {\n}\njob "j" {\n}'), {})).toThrow('the variable a is not given')
  })

  it('writes dynamic blocks out, by the order of their keys', () => {
    const { parts } = jobOf(`dynamic "group" {
      for_each = var.a
      labels   = ["g-\${group.key}"]
      content {
        count = group.value
        dynamic "port" {
          for_each = ["p"]
          content {
            name = "\${group.key}\${port.value}"
          }
        }
      }
    }`)
    expect(parts.map(({ labels, attributes }) => [labels, attributes])).toEqual([
      [['g-x'], { count: 1 }],
      [['g-y'], { count: 2 }],
    ])
    expect(parts[0]?.parts[0]?.attributes).toEqual({ name: 'xp' })
  })

  it.each([
    ['b = ceil(7 / 2)', 4],
    ['b = length(var.a)', 2],
    ['b = keys(var.a)', ['x', 'y']],
    ['b = [for pair in setproduct(keys(var.a), ["k", "l"]) : join("", pair)]', ['xk', 'xl', 'yk', 'yl']],
  ])('works out %j', (body, value) => {
    expect(jobOf(body).attributes).toEqual({ b: value })
  })

  it('leaves what Nomad fills in on a node as it is written', () => {
    const text = `\${NOMAD_SECRETS_DIR}/x-\${node.datacenter}-\${attr.unique.network.ip-address}`
    expect(jobOf(`b = "${text}"`).attributes).toEqual({ b: text })
  })

  it.each([
    ['b = var.none', 'there is no var.none'],
    ['b = var.a.z', 'there is no var.a.z'],
    ['b = file("x")', 'the function file is not known here'],
    ['b = var.a.constructor', 'there is no var.a.constructor'],
  ])('refuses %j', (body, why) => {
    expect(() => jobOf(body)).toThrow(why)
  })
})
