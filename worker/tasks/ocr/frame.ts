import { boundingRect, type Point } from './geometry.ts'

/** A rectangular view onto the picture, at any angle: what a network is shown. */
export interface Frame {
  /** its top left corner */
  readonly origin: Point
  /** radians; the direction of the view's rows */
  readonly angle: number
  /** pixels of the picture */
  readonly width: number
  readonly height: number
}

/** The view that is the whole picture. */
export const wholeFrame = (width: number, height: number): Frame => ({
  origin: { x: -0.5, y: -0.5 },
  angle: 0,
  width,
  height,
})

/**
 * The view along `angle` that holds all points, grown by a share of its longer side, but not beyond what is in the picture.
 * @param picture the whole picture's view
 */
export const frameAround = (points: readonly Point[], angle: number, growShare: number, picture: Frame): Frame => {
  const grow = (span: readonly [number, number], by: number, limit: readonly [number, number]) =>
    [Math.max(span[0] - by, limit[0]), Math.min(span[1] + by, limit[1])] as const
  const inner = spans(points, angle)
  const outer = spans(frameCorners(picture), angle)
  const by = growShare * Math.max(inner.along[1] - inner.along[0], inner.across[1] - inner.across[0])
  const along = grow(inner.along, by, outer.along)
  const across = grow(inner.across, by, outer.across)
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return {
    origin: { x: along[0] * cos - across[0] * sin, y: along[0] * sin + across[0] * cos },
    angle,
    width: along[1] - along[0],
    height: across[1] - across[0],
  }
}

/** A point of the view, in pixels of the picture. */
export const toPicture = ({ origin, angle }: Frame, along: number, across: number): Point => ({
  x: origin.x + along * Math.cos(angle) - across * Math.sin(angle),
  y: origin.y + along * Math.sin(angle) + across * Math.cos(angle),
})

const frameCorners = (frame: Frame): readonly Point[] => [
  toPicture(frame, 0, 0),
  toPicture(frame, frame.width, 0),
  toPicture(frame, frame.width, frame.height),
  toPicture(frame, 0, frame.height),
]

const spans = (points: readonly Point[], angle: number) => {
  const { centre, width, height } = boundingRect(points, angle)
  const along = centre.x * Math.cos(angle) + centre.y * Math.sin(angle)
  const across = centre.y * Math.cos(angle) - centre.x * Math.sin(angle)
  return {
    along: [along - width / 2, along + width / 2] as const,
    across: [across - height / 2, across + height / 2] as const,
  }
}
