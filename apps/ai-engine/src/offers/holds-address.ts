/** Top-level domains with more than two letters under which everybody can have a name, and those that are often used. */
const common =
  "com|net|org|info|biz|shop|store|app|dev|link|site|online|xyz|top|club|live|page|web|cloud|art|vip|icu|pro|mobi|name";
/** A full stop, as browsers understand one in a host name. */
const dot = "[.\u3002]";
const written = "(?:dot|punkt|point|punto|punt)";
const address = new RegExp(
  [
    String.raw`:\/\/|\bwww${dot}`,
    // a country's domains have two letters
    String.raw`[\p{L}\d-]${dot}(?:${common}|[a-z]{2})(?![\p{L}\d])`,
    String.raw`[\p{L}\d-]${dot}\p{L}{2,}\/`,
    String.raw`[\p{L}\d-](?:\s+${dot}\s*|\s+${written}\s+)(?:${common})(?![\p{L}\d])`,
  ].join("|"),
  "iu",
);

/** Whether a text contains the address of a page, which a program may turn into a link, or which readers may type in. */
export function holdsAddress(text: string): boolean {
  return address.test(text.normalize("NFKC"));
}
