import { describe, expect, it } from 'vitest'
import { answers, aSender, call, failure, listen } from '../../../fixtures/webhook-receivers.ts'

describe('addresses that lie inside', () => {
  it.each([
    'https://0x7f000001/',
    'https://2130706433/',
    'https://127.1/',
    'https://0177.0.0.1/',
    'https://127.0.0.1/',
    'https://127.0.0.1./',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[0:0:0:0:0:ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://169.254.169.254/latest/meta-data/',
    'https://[fd00:ec2::254]/',
    'https://10.0.0.1/',
    'https://100.64.0.1:8443/',
    'https://①②⑦.⓪.⓪.①/',
    'https://%31%32%37.0.0.1/',
    'https://0/',
  ])('refuses %s before anything is sent', async (url) => {
    expect(aSender().refusal(url)).toBe('ADDRESS_REFUSED')
    expect(failure(await aSender().call(call(url)))).toBe('ADDRESS_REFUSED')
  })

  it.each([
    ['a name that leads to loopback', ['127.0.0.1']],
    ['a name that leads inside by way of another name', ['10.1.2.3']],
    ['a name with one public and one private answer', ['93.184.215.14', '127.0.0.1']],
    ['a name with a public A and a private AAAA answer', ['93.184.215.14', 'fd00::1']],
    ['a name with a disguised answer', ['::ffff:192.168.0.1']],
    ['a name that leads to the metadata service', ['169.254.169.254']],
    ['an answer with a zone', ['fe80::1%lo']],
    ['an answer that is no address', ['not an address']],
  ])('refuses %s', async (_what, addresses) => {
    expect(failure(await aSender('', answers(addresses)).call(call('https://hooks.example/')))).toBe('ADDRESS_REFUSED')
  })

  it('asks for a name once a call, so that a second answer cannot lead elsewhere', async () => {
    const { port, seen } = await listen((_request, response) => response.end())
    const resolve = answers(['192.0.2.1'], ['127.0.0.1'])
    const sender = aSender('192.0.2.0/24', resolve, 300, [String(port)])
    expect(failure(await sender.call(call(`https://rebind.example:${port}/`)))).toMatch(/TIMEOUT|NOT_CONNECTED/)
    expect(resolve.asked).toBe(1)
    expect(failure(await sender.call(call(`https://rebind.example:${port}/`)))).toBe('ADDRESS_REFUSED')
    expect(resolve.asked).toBe(2)
    expect(seen).toEqual([])
  })

  it('does not reach its own process', async () => {
    const { port, seen } = await listen((_request, response) => response.end())
    const sender = aSender('', answers(['127.0.0.1']), 1_000, [String(port)])
    for (const host of ['127.0.0.1', 'localhost', 'self.example', '[::ffff:127.0.0.1]'])
      expect(failure(await sender.call(call(`https://${host}:${port}/`)))).toBe('ADDRESS_REFUSED')
    expect(seen).toEqual([])
  })
})

describe('other refusals', () => {
  it.each([
    ['https://user:pass@hooks.example/', 'USERINFO_REFUSED'],
    ['https://user@hooks.example/', 'USERINFO_REFUSED'],
    ['https://hooks.example@127.0.0.1/', 'USERINFO_REFUSED'],
    ['http://hooks.example/', 'SCHEME_REFUSED'],
    ['https://hooks.example:22/', 'PORT_REFUSED'],
    ['https://hooks.example:6379/', 'PORT_REFUSED'],
    ['ftp://hooks.example/', 'MALFORMED'],
    ['file:///etc/passwd', 'MALFORMED'],
    ['gopher://hooks.example/', 'MALFORMED'],
    ['https://', 'MALFORMED'],
    ['not a url', 'MALFORMED'],
  ])('refuses %s as %s', async (url, reason) => {
    expect(aSender().refusal(url)).toBe(reason)
    expect(failure(await aSender().call(call(url)))).toBe(reason)
  })

  it.each(['https://hooks.example/', 'https://hooks.example:8443/a?b=c', 'https://8.8.8.8/'])(
    'has nothing against %s',
    (url) => expect(aSender().refusal(url)).toBeUndefined(),
  )

  it('refuses a port again once it is known that no block vouches for the address', async () => {
    const sender = aSender('10.0.0.0/8', answers(['93.184.215.14']))
    expect(sender.refusal('https://hooks.example:9000/')).toBeUndefined()
    expect(failure(await sender.call(call('https://hooks.example:9000/')))).toBe('PORT_REFUSED')
  })
})
