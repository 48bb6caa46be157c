import type { Json } from '../domain/json.ts'

/** `name@version`, the way people write it. */
export interface ModelName {
  /** `a-z`, `0-9`, dot, dash and underscore */
  readonly name: string
  /** semantic version, without build metadata */
  readonly version: string
}

/** A part of a file, stored once under its digest however many files share it. */
export interface ModelPiece {
  /** `sha256:<hex>` */
  readonly digest: string
  readonly bytes: number
}

/** One file of a version. */
export interface ModelFile {
  /** its name beside the others, without any folder */
  readonly file: string
  /** `sha256:<hex>` of the whole */
  readonly digest: string
  readonly bytes: number
  /** what it is put together from, in order */
  readonly pieces: readonly ModelPiece[]
}

/** What a publisher signs: the version of one model, and every byte of it by digest. */
export interface ModelManifest extends ModelName {
  readonly schema: 1
  /** what the model is for, in the words of its card */
  readonly role: string
  /** the model's card as worker/models has it */
  readonly card: { readonly [member: string]: Json }
  readonly files: readonly ModelFile[]
  /** ISO 8601, UTC */
  readonly publishedAt: string
}

/** A manifest whose signature holds. */
export interface SignedModel {
  readonly manifest: ModelManifest
  /** `sha256:<hex>` of the manifest's exact bytes: it stands for the whole version */
  readonly digest: string
  /** ids of the trusted keys that signed it */
  readonly signedBy: readonly string[]
}

/** Which version fills a role. */
export interface RoleFilled extends ModelName {
  readonly role: string
  /** `sha256:<hex>` of its manifest: a set means these bytes and no others */
  readonly manifest: string
}

/** Which versions work together. A later set has a higher sequence number; none is ever changed. */
export interface ModelSet {
  readonly schema: 1
  readonly sequence: number
  readonly roles: readonly RoleFilled[]
  /** ISO 8601, UTC */
  readonly createdAt: string
  /** why, in a person's words */
  readonly note?: string
}

/** A set whose signature holds. */
export interface SignedSet {
  readonly set: ModelSet
  readonly digest: string
  readonly signedBy: readonly string[]
}

/** The models of a set, on this machine's disk. */
export interface ObtainedSet {
  /** a models directory: `manifest.json` and every file beside it */
  readonly folder: string
  readonly set: ModelSet
  /** why this is not what storage shows: it is away, or shows what cannot be trusted */
  readonly instead?: Error
}

/**
 * Published models, for those who run them. Whatever is answered was verified against the trusted keys and its digests,
 * also what was on the disk before. Folders are in use until `release` or `close`, and not removed while they are.
 * @throws ModelNotFoundError
 * @throws ModelUntrustedError, ModelDamagedError, ModelInvalidError: never loaded, whatever it is
 * @throws UnavailableError when storage is needed and does not answer in time
 * @throws ModelCacheFullError when the disk is full
 */
export interface ModelStore {
  /** every published version, by name and then by version; its signature is not looked at yet */
  list(): Promise<readonly ModelName[]>
  manifest(name: string, version: string): Promise<SignedModel>
  /**
   * One version on this machine's disk.
   * @returns a models directory that holds this model alone: `manifest.json` and its files, for `openModels`
   */
  obtain(name: string, version: string): Promise<string>
  /** the latest set. @throws ModelSetReplayedError when it is older than the one this machine has had */
  currentSet(): Promise<SignedSet>
  /** The latest set, or the last one that could be trusted and is all here. */
  obtainSet(): Promise<ObtainedSet>
  /** the folder that was obtained is not used any more */
  release(folder: string): void
  close(): Promise<void>
}
