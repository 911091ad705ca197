/** Of the largest body that the admin port takes: a whole config, to be looked at. */
export const adminBodyBytesMax = 16 * 1024 * 1024;
