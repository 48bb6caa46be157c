/** Read once by the library, from the process's own environment, when it is loaded. @source onnxruntime, docs/Privacy.md */
const OFF = 'ORT_DISABLE_TELEMETRY'

/**
 * Keep onnxruntime from telling its makers about models and machine, which its builds for Linux do from 1.29 on unless they
 * are told not to. Call it on the main thread before any thread loads the library: a thread's environment is a copy, and
 * what is set there does not reach native code.
 */
export const forbidTelemetry = (): void => {
  // biome-ignore lint/style/noProcessEnv: it is native code that reads this, not ours
  process.env[OFF] = '1'
}
