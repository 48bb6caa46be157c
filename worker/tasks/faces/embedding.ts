/** How distances of embeddings become similarities: both are facts about one model and live in its manifest. */
export interface SimilarityScale {
  /** the distance at which the similarity is 0.5 */
  readonly midpoint: number
  /** how fast the similarity falls, per unit of distance */
  readonly slope: number
}

/** Euclidean distance of two embeddings. */
export const distanceOf = (a: Float32Array, b: Float32Array): number => {
  let sum = 0
  for (const [index, value] of a.entries()) sum += (value - (b[index] ?? 0)) ** 2
  return Math.sqrt(sum)
}

/** A similarity 0..1 that falls strictly as the distance grows: the logistic function. */
export const similarityOf = (distance: number, { midpoint, slope }: SimilarityScale): number =>
  1 / (1 + Math.exp(slope * (distance - midpoint)))
