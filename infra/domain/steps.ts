/**
 * A long calculation that stops after each small piece of it, so that whoever runs it can do something else in between, or give
 * it up. It is as pure as what it calculates: nothing happens between two steps unless the caller makes it.
 */
export type Steps<Result> = Generator<undefined, Result, undefined>
