/** Bound on bodies of the admin port: enough for a whole config to validate. */
export const adminBodyBytesMax = 16 * 1024 * 1024;
