/** One installed package as the lock file has it. */
export interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly license?: string
  readonly dev?: boolean
  readonly optional?: boolean
}

/** The part of `package-lock.json` that a bill of materials is made from. */
export interface Lock {
  readonly version: string
  readonly packages: Readonly<Record<string, LockedPackage>>
}

/** A model file and who made it. */
export interface BomModel {
  readonly name: string
  readonly version: string
  /** `sha256:` and the hex digest of the file as it is used */
  readonly digest: string
  readonly licence: string
}

/** A package of the system's, as `dpkg` names it; undefined version = not installed here. */
export interface SystemPackage {
  readonly name: string
  readonly version: string | undefined
}

const INSIDE = 'node_modules/'

const licensesOf = (license: string | undefined) => {
  if (license === undefined) return {}
  // More than one word is an SPDX expression, which has a member of its own.
  return { licenses: [/[\s()]/.test(license) ? { expression: license } : { license: { id: license } }] }
}

const hashOf = (integrity: string | undefined) => {
  const [, base64] = /^sha512-([A-Za-z0-9+/]+=*)$/.exec(integrity ?? '') ?? []
  return base64 === undefined
    ? {}
    : { hashes: [{ alg: 'SHA-512', content: Buffer.from(base64, 'base64').toString('hex') }] }
}

const libraryOf = (path: string, { version = '', integrity, license, optional }: LockedPackage) => {
  const name = path.slice(path.lastIndexOf(INSIDE) + INSIDE.length)
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`
  const scope = optional ? 'optional' : 'required'
  return { type: 'library', 'bom-ref': purl, name, version, purl, scope, ...hashOf(integrity), ...licensesOf(license) }
}

const modelOf = ({ name, version, digest, licence }: BomModel) => ({
  type: 'machine-learning-model',
  'bom-ref': `model:${name}@${version}`,
  name,
  version,
  hashes: [{ alg: 'SHA-256', content: digest.replace('sha256:', '') }],
  licenses: [{ license: { name: licence } }],
})

const systemPackageOf = ({ name, version }: SystemPackage) => {
  const purl = `pkg:deb/debian/${name}${version === undefined ? '' : `@${encodeURIComponent(version)}`}`
  return { type: 'application', 'bom-ref': purl, name, ...(version !== undefined && { version }), purl }
}

/**
 * Everything that runs when Muster runs: npm packages of every platform (those for development are left out), models, and
 * the servers that `./muster up` installs. Pure: the same lock file gives the same list.
 * @param now ISO 8601
 * @source CycloneDX 1.6
 */
export const bomOf = (
  lock: Lock,
  models: readonly BomModel[],
  system: readonly SystemPackage[],
  now: string,
): Readonly<Record<string, unknown>> => {
  const libraries = Object.entries(lock.packages)
    .filter(([path, { dev }]) => path !== '' && dev !== true)
    .map(([path, one]) => libraryOf(path, one))
  // A package that several others bring along lies there several times.
  const distinct = [...new Map(libraries.map((one) => [one.purl, one])).values()]
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      timestamp: now,
      component: {
        type: 'application',
        'bom-ref': `pkg:npm/muster@${lock.version}`,
        name: 'muster',
        version: lock.version,
        purl: `pkg:npm/muster@${lock.version}`,
        licenses: [{ license: { id: 'MIT' } }],
      },
    },
    components: [...distinct, ...models.map(modelOf), ...system.map(systemPackageOf)],
  }
}
