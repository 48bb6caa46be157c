import { describeKeyWrap } from '../../contract/key-wrap.ts'
import { createMemoryKeyWrap, createVault } from '../../fakes/key-wrap.ts'

const vault = createVault()
describeKeyWrap('memory', async ([first = '', ...others]) => createMemoryKeyWrap([first, ...others], vault))
