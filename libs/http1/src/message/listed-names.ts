const none: readonly string[] = [];

/** The elements of a list field such as `Connection` or `TE`, in lower case (RFC 9110, section 5.6.1). */
export function listedNames(value: string): readonly string[] {
  if (value === "") return none;
  const names = value.toLowerCase().split(",");
  return names.map((name) => name.trim()).filter((name) => name !== "");
}
