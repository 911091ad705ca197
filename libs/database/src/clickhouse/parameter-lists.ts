/**
 * Maximum length of one parameter. A server refuses parameters of more than 128 KiB (its `http_max_field_value_size`) and URLs of more than
 * 1 MiB; escapes double a text at most, and its encoding in a URL trebles that.
 */
const charsMax = 60_000;
/** Two quotes and a comma. */
const overheadChars = 3;

/**
 * Splits values into lists that each fit into a parameter of type `Array(String)`, in their order. `textsOf` gives the texts that a value
 * contributes, one to each parameter.
 */
export function parameterLists<Value>(
  values: readonly Value[],
  textsOf: (value: Value) => readonly string[],
): readonly (readonly Value[])[] {
  const lists: Value[][] = [];
  let last: Value[] = [];
  let chars = charsMax;
  for (const value of values) {
    const more = overheadChars + Math.max(...textsOf(value).map((text) => text.length));
    if (chars + more > charsMax) {
      last = [];
      lists.push(last);
      chars = 0;
    }
    last.push(value);
    chars += more;
  }
  return lists;
}
