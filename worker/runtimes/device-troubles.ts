import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { Device } from './runtime.ts'

/**
 * What onnxruntime loads to reach an NVIDIA GPU. The npm package holds the CPU libraries only.
 * @source microsoft/onnxruntime `js/node/script/install-metadata.js`
 */
const PROVIDER_LIBRARIES = ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so']

/** The folder of the native addon and the package's version. */
const locate = (): { readonly folder: string; readonly version: string } => {
  // The package's main file is dist/index.js.
  const root = dirname(dirname(createRequire(import.meta.url).resolve('onnxruntime-node')))
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  return { folder: join(root, 'bin', 'napi-v6', process.platform, process.arch), version }
}

const explainCuda = (message: string): string => {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return `onnxruntime-node has CUDA for linux x64 only, this is ${process.platform} ${process.arch}`
  const { folder, version } = locate()
  const missing = PROVIDER_LIBRARIES.filter((file) => !existsSync(join(folder, file)))
  if (missing.length > 0)
    return (
      `${missing.join(' and ')} must be put into ${folder}, of exactly version ${version}: ` +
      'they are in the NuGet package Microsoft.ML.OnnxRuntime.Gpu.Linux under runtimes/linux-x64/native. ' +
      'Beside them the machine needs the NVIDIA driver, the CUDA runtime, cuBLAS, cuFFT, cuRAND and cuDNN 9'
    )
  return (
    `${message}. The provider's libraries are in ${folder}, so the NVIDIA driver, the CUDA runtime, cuBLAS, cuFFT, ` +
    'cuRAND or cuDNN 9 is missing or of another version: put them where the loader looks (LD_LIBRARY_PATH); ' +
    '`ldd libonnxruntime_providers_cuda.so` names the one'
  )
}

const explainWebGpu = (message: string): string =>
  `${message}. On Linux WebGPU runs on Vulkan: it needs libvulkan.so.1 and the GPU driver's ICD file, ` +
  'in a container NVIDIA_DRIVER_CAPABILITIES with `graphics`'

/**
 * What keeps a device from working on this machine and what to do about it, for the error an operator reads.
 * @param error what onnxruntime threw
 */
export const explainTrouble = (device: Device, error: unknown): string => {
  // The part before the last sentence is a C++ source location and condition.
  const message = (error instanceof Error ? error.message : String(error))
    .trim()
    .replace(/^\/onnxruntime_src.* was false\. /, '')
  if (device === 'cuda') return explainCuda(message)
  return device === 'webgpu' ? explainWebGpu(message) : message
}
