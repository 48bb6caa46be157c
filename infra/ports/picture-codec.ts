/** A picture as the api stores it: upright, re-encoded, nothing but pixels left in it. */
export interface NormalisedPicture {
  readonly bytes: Uint8Array
  readonly contentType: 'image/jpeg'
  readonly width: number
  readonly height: number
}

/** A decoded picture: interleaved RGB, 3 bytes a pixel, row by row from the top left. */
export interface DecodedPicture {
  readonly data: Uint8Array
  readonly width: number
  readonly height: number
}

/**
 * Bytes from strangers to pixels. Both calls look at magic bytes before any decoder does, bound bytes, pixels and time,
 * and let only the JPEG, PNG and WebP loaders run.
 * @throws InputError PICTURE_TYPE_UNSUPPORTED | PICTURE_UNREADABLE | PICTURE_TOO_LARGE | PICTURE_TOO_SMALL
 */
export interface PictureCodec {
  /**
   * @param declaredType the content type the caller claims; undefined when none was given. A claim that the magic bytes contradict is refused
   * @param name the field the picture came under, for the error
   */
  normalise(bytes: Uint8Array, declaredType: string | undefined, name: string): Promise<NormalisedPicture>
  /** Decode what `normalise` wrote, or an upload that by-passed the api (which gets the same checks). */
  decode(bytes: Uint8Array, name: string): Promise<DecodedPicture>
}
