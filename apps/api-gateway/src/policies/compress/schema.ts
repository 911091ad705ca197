import { type Static, Type } from "@sinclair/typebox";

const level = (description: string, fallback: number, maximum: number) =>
  Type.Integer({ minimum: 1, maximum, default: fallback, description });

export const compressSchema = Type.Object(
  {
    encodings: Type.Array(Type.Union([Type.Literal("br"), Type.Literal("zstd"), Type.Literal("gzip")]), {
      default: ["br", "zstd", "gzip"],
      minItems: 1,
      uniqueItems: true,
      description: "Allowed codings; the first one of those that the client prefers is used.",
    }),
    bytesMin: Type.Integer({
      minimum: 0,
      maximum: 10_485_760,
      default: 1024,
      description: "Bodies known to be smaller are not compressed.",
    }),
    contentTypes: Type.Array(
      Type.String({ pattern: "^([a-z0-9.+-]+/([a-z0-9.+-]+|\\*)|\\*/\\*\\+[a-z0-9.-]+)$", maxLength: 128 }),
      {
        default: [
          "text/*",
          "*/*+json",
          "*/*+xml",
          "application/json",
          "application/javascript",
          "application/xml",
          "application/wasm",
          "font/ttf",
          "font/otf",
        ],
        minItems: 1,
        maxItems: 100,
        description:
          "Types that are compressed: `type/subtype`, `type/*`, or `*/*+suffix`. Never streams of events.",
      },
    ),
    levels: Type.Object(
      {
        br: level("Brotli, 1 to 11.", 4, 11),
        zstd: level("Zstandard, 1 to 19.", 3, 19),
        gzip: level("Gzip, 1 to 9.", 5, 9),
      },
      { additionalProperties: false, default: {}, description: "Higher is smaller and slower." },
    ),
  },
  {
    additionalProperties: false,
    description: "Makes answers smaller on their way to clients that ask for it.",
  },
);

export type CompressConfig = Static<typeof compressSchema>;
export type Coding = CompressConfig["encodings"][number];
