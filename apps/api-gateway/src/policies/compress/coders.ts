import { promisify } from "node:util";
import type zlib from "node:zlib";
import type { Coding, CompressConfig } from "./schema.ts";

/** The encoder of one coding, for whole bodies and streams. */
export interface Coder {
  whole(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>;
  stream(): zlib.BrotliCompress | zlib.Gzip | zlib.ZstdCompress;
  /** The kind of `flush` after which everything written so far can be decoded; the window is kept. */
  readonly flush: number;
}

/** Smaller bodies are compressed synchronously; larger ones off the main thread, so that other requests need not wait. */
const atOnceBytesMax = 16_384;
/** Windows of 256 KiB bound a stream's memory at any level. */
const windowBits = 18;

export function createCoders(levels: CompressConfig["levels"]): Readonly<Record<Coding, Coder>> {
  const zlib: typeof import("node:zlib") = require("node:zlib");
  const brotli = promisify<zlib.InputType, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
  const zstd = promisify<zlib.InputType, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
  const gzip = promisify<zlib.InputType, zlib.ZlibOptions, Buffer>(zlib.gzip);
  const { constants } = zlib;
  const br = {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: levels.br,
      [constants.BROTLI_PARAM_LGWIN]: windowBits,
    },
  };
  const zs = {
    params: {
      [constants.ZSTD_c_compressionLevel]: levels.zstd,
      [constants.ZSTD_c_windowLog]: windowBits,
    },
  };
  const gz = { level: levels.gzip };
  return {
    br: {
      whole: (bytes) => (isSmall(bytes) ? zlib.brotliCompressSync(bytes, br) : brotli(bytes, br)),
      stream: () => zlib.createBrotliCompress(br),
      flush: constants.BROTLI_OPERATION_FLUSH,
    },
    zstd: {
      whole: (bytes) => (isSmall(bytes) ? zlib.zstdCompressSync(bytes, zs) : zstd(bytes, zs)),
      stream: () => zlib.createZstdCompress(zs),
      flush: constants.ZSTD_e_flush,
    },
    gzip: {
      whole: (bytes) => (isSmall(bytes) ? zlib.gzipSync(bytes, gz) : gzip(bytes, gz)),
      stream: () => zlib.createGzip(gz),
      flush: constants.Z_SYNC_FLUSH,
    },
  };
}

function isSmall(bytes: Uint8Array): boolean {
  return bytes.byteLength <= atOnceBytesMax;
}
