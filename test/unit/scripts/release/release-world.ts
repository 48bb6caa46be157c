import { Apply, type Patience } from '../../../../scripts/release/apply.ts'
import { observe, openState } from '../../../../scripts/release/begin.ts'
import { createLook } from '../../../../scripts/release/look.ts'
import { createReleaseNomad } from '../../../../scripts/release/nomad.ts'
import type { Site } from '../../../../scripts/release/site.ts'
import type { ReleaseState } from '../../../../scripts/release/state.ts'
import { PARTS, type PartName, type Strategy } from '../../../../scripts/release/steps.ts'
import { type FakeSpec, NomadReleases } from '../../../fakes/nomad-releases.ts'

const PATIENCE: Patience = { pollMs: 1, watchMs: 3, stepMs: 40 }

/** The process of a release that ends where nobody expects it. */
export class Crash extends Error {}

const fileOf = (id: string, count: number, more: object): string =>
  JSON.stringify({
    ID: id,
    Type: 'service',
    Meta: { version: '{{version}}', mode: '{{mode=ok}}' },
    TaskGroups: [
      {
        Name: 'g',
        Count: count,
        Update: { MaxParallel: '{{max_parallel=1}}', Canary: 0 },
        Services: [{ Name: id }],
      },
    ],
    ...more,
  })

const workers = fileOf('workers', 1, { ID: '{{job=workers}}' }).replace('max_parallel=1', 'max_parallel=0')
/** The job files of these tests, as the fake Nomad reads them. */
export const FILES: Site['files'] = {
  migrate: fileOf('migrate', 1, { Type: 'batch', Meta: { version: '{{version}}', mode: '{{migrate_mode=ok}}' } }),
  workers,
  api: fileOf('api', 3, {}),
  autoscaler: fileOf('autoscaler', 2, {
    Meta: { version: '{{version}}', watches: '{{workers_job=workers}}' },
  }),
}

/** A site with release 0.1.0 on a fake Nomad, to which others are released. */
export class ReleaseWorld {
  readonly nomad = new NomadReleases()
  readonly said: string[] = []
  kept: ReleaseState | undefined
  address = ''
  /** the process dies when it has kept its state so often */
  crashAt = Number.POSITIVE_INFINITY
  #keepCount = 0

  async start(): Promise<void> {
    this.address = await this.nomad.start()
    for (const part of PARTS.slice(1))
      this.nomad.register((await this.#client().parse(FILES[part], 'version = "0.1.0"')) as FakeSpec)
    this.scale('workers', 4)
    for (const { deployments } of this.nomad.jobs.values()) for (const one of deployments) one.status = 'successful'
    this.nomad.changes.length = 0
  }

  /** As the autoscaler does. */
  scale(id: string, count: number): void {
    const job = this.nomad.jobs.get(id)
    if (job) job.spec = { ...job.spec, TaskGroups: job.spec.TaskGroups.map((group) => ({ ...group, Count: count })) }
  }

  site(version: string, more = ''): Site {
    return { files: FILES, variables: `version = "${version}"\n${more}\n` }
  }

  /** @returns whether the version runs at the end */
  async release(to: string, strategy: Strategy, more = '', only: readonly PartName[] = PARTS): Promise<boolean> {
    const [site, nomad] = [this.site(to, more), this.#client()]
    const state = await openState(nomad, site, { from: '0.1.0', to, strategy, only })
    const baseline = await observe(createLook(nomad), state, async () => {})
    this.kept = { ...state, baseline }
    return this.apply(site).run()
  }

  /** With what was kept, as another process would. */
  apply(site: Site): Apply {
    if (!this.kept) throw new Error('nothing was begun')
    const nomad = this.#client()
    const keep = (state: ReleaseState) => {
      this.#keepCount += 1
      if (this.#keepCount > this.crashAt) throw new Crash()
      this.kept = structuredClone(state)
    }
    const say = (text: string) => void this.said.push(text)
    return new Apply({ nomad, site, look: createLook(nomad), keep, pause: async () => {}, say }, this.kept, PATIENCE)
  }

  /** From now on this process lives. */
  revive(): void {
    this.crashAt = Number.POSITIVE_INFINITY
  }

  #client() {
    return createReleaseNomad({ address: this.address, token: () => undefined, namespace: 'default' })
  }
}
