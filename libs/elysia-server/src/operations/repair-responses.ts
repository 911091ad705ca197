import { isRecord } from "@libs/json";
import { mapValues } from "./map-values.ts";

/** A schema keyword that lists further media types of a response: `{ "text/csv": { schema } }`. */
const alsoAs = "x-also-as";

/**
 * Repairs the responses of an OpenAPI document: the plugin copies a schema's keywords next to the content. Titles return to the schema,
 * `x-also-as` moves into the content, a missing description becomes an empty one, and the rest is removed.
 */
export function repairResponses(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(repairResponses);
  if (!isRecord(document)) return document;
  return mapValues(document, (value, key) =>
    key === "responses" && isRecord(value) ? mapValues(value, repairResponse) : repairResponses(value),
  );
}

function repairResponse(response: unknown): unknown {
  if (!isRecord(response)) return response;
  const { description = "", title, content, headers, links } = response;
  const also = response[alsoAs];
  const titled = (media: unknown): unknown =>
    isRecord(media) && isRecord(media["schema"]) && typeof title === "string"
      ? { ...media, schema: { ...media["schema"], title } }
      : media;
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    ...(links === undefined ? {} : { links }),
    ...(isRecord(content)
      ? { content: { ...mapValues(content, titled), ...(isRecord(also) ? also : {}) } }
      : {}),
  };
}
