import { defineConfig } from 'vitest/config'

const project = (name: string, serial: boolean) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    // Real servers and real models are shared by the files of these projects, so files run one after the other.
    fileParallelism: !serial,
    testTimeout: serial ? 120_000 : 20_000,
    hookTimeout: 120_000,
    // `expect.poll` waits one second unless told, which the programs of a loaded machine may well take.
    expect: { poll: { timeout: serial ? 60_000 : 15_000 } },
    globalSetup: serial ? ['test/servers.ts'] : [],
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', false),
      project('integration', true),
      project('e2e', true),
      // Its servers are its own: they do not survive it.
      { test: { ...project('chaos', true).test, globalSetup: [] } },
    ],
  },
})
