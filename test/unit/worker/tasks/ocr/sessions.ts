import type { Session, Tensor } from '../../../../../worker/runtimes/runtime.ts'

/** A session that answers by a function of its one input, and remembers what it was asked. */
export const fakeSession = (answer: (input: Tensor) => Tensor): Session & { asked: Tensor[]; closed: number } => ({
  inputs: ['x'],
  outputs: ['y'],
  asked: [],
  closed: 0,
  async run(feeds) {
    const input = feeds.x as Tensor
    this.asked.push(input)
    return { y: answer(input) }
  },
  async close() {
    this.closed += 1
  },
})

/** A detector that sees text where the picture is darker than its mean input: the map is 1 there. */
export const darkDetector = () =>
  fakeSession(({ dims, data }) => {
    const [, , height = 0, width = 0] = dims
    const map = Float32Array.from({ length: width * height }, (_, index) => ((data[index] as number) < 0 ? 0.95 : 0.05))
    return { dims: [1, 1, height, width], data: map }
  })

/** A recogniser that sees one character, the first of its dictionary, at the first step of each line. */
export const firstLetterRecogniser = (classCount: number) =>
  fakeSession(({ dims }) => {
    const [count = 0, , , width = 0] = dims
    const steps = width / 8
    const data = new Float32Array(count * steps * classCount)
    for (let line = 0; line < count; line += 1)
      for (let step = 0; step < steps; step += 1) data[(line * steps + step) * classCount + (step === 0 ? 1 : 0)] = 0.9
    return { dims: [count, steps, classCount], data }
  })
