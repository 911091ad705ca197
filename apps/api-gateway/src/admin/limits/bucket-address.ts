import { Type } from "@sinclair/typebox";

/** Identifies a bucket by the limit's name and the key, as in `GET /decisions` and `/explain`. */
export const bucketAddress = Type.Object(
  {
    limit: Type.String({ minLength: 1, maxLength: 256, description: "Such as `route events user`." }),
    key: Type.String({ minLength: 1, maxLength: 512, description: "Such as `ip 192.0.2.1`." }),
  },
  { additionalProperties: false },
);
