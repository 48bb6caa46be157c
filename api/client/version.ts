/** The SDK's own version; the service counts by it whether pictures get worse. */
export const SDK_VERSION = '0.2.0'
