import { isRecord } from "@libs/json";
import { mapValues } from "./map-values.ts";

/** Under this key a response's schema names other types that it also comes as: `{ "text/csv": { schema } }`. */
const alsoAs = "x-also-as";

/**
 * An OpenAPI document whose responses are such: the plugin writes what else stands on a schema beside its content. A title goes back
 * to the schema, `x-also-as` into the content, a description that is missing is said to be none, and the rest goes.
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
