/**
 * A text as a reader sees it, in plain letters: NFKC (full-width, styled and circled letters become ordinary ones), without
 * invisible characters (zero-width, soft hyphen, direction marks) and accents, look-alikes of other scripts as the Latin
 * letters they imitate, emphasis marks dropped, white space collapsed. Capitals stay.
 */
export function foldText(text: string): string {
  return stripInvisible(text)
    .normalize("NFKC")
    .replaceAll(/\p{Cf}/gu, "")
    .normalize("NFD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll(/[^\x20-\x7e]/gu, (char) => lookAlikes.get(char) ?? char)
    .replaceAll(/[*_~`]/g, "")
    .replaceAll(/\s+/g, " ");
}

/** Removes invisible characters: what is left is what a reader sees. Joiners within emoji are kept. */
export function stripInvisible(text: string): string {
  return text.replaceAll(
    /(?<!\p{Extended_Pictographic}\ufe0f?)\u200d|(?<![\p{Extended_Pictographic}\d])\ufe0f|(?!\u200d|\ufe0f)(?:\p{Default_Ignorable_Code_Point}|\p{Cf})/gu,
    "",
  );
}

/** Each entry: a Latin letter and its look-alikes (after Unicode's confusables.txt, UTS 39). */
const groups = [
  "aаαɑ",
  "AАΑ",
  "bƅʙ",
  "BВΒ",
  "cсϲᴄ",
  "CСϹ",
  "dԁɗđᴅ",
  "DÐĐ",
  "eеєҽεɛə",
  "EЕΕ",
  "fƒғꜰ",
  "FϜ",
  "gɡցɢ",
  "GԌ",
  "hһнʜ",
  "HНΗ",
  "iіıιɩɪ",
  "IІΙӀ",
  "jјϳ",
  "JЈ",
  "kкκᴋ",
  "KКΚ",
  "lӏłʟⅼ",
  "LŁ",
  "mмᴍ",
  "MМΜ",
  "nոпηɴ",
  "NΝ",
  "oоοօσᴏø",
  "OОΟØ",
  "pрρᴘ",
  "PРΡ",
  "qԛզ",
  "rгᴦʀ",
  "RЯ",
  "sѕꜱ",
  "SЅ",
  "tтτᴛ",
  "TТΤ",
  "uսυʋᴜц",
  "vνѵᴠ",
  "VѴ",
  "wԝωѡᴡш",
  "xхχ",
  "XХΧ",
  "yуγʏ",
  "YУΥ",
  "zᴢ",
  "ZΖ",
  "0٠۰०",
  "1١۱१",
  "2٢۲२",
  "3٣۳३",
  "4٤۴४",
  "5٥۵५",
  "6٦۶६",
  "7٧۷७",
  "8٨۸८",
  "9٩۹९",
  "%٪﹪",
  "'’‘ʼ′´",
  '"“”„«»″',
  "-‐‑‒–—―−",
] as const;

const lookAlikes: ReadonlyMap<string, string> = new Map([
  ...groups.flatMap(([latin = "", ...others]) => others.map((other) => [other, latin] as const)),
  ["ß", "ss"],
  ["ẞ", "SS"],
  ["œ", "oe"],
  ["Œ", "OE"],
  ["æ", "ae"],
  ["Æ", "AE"],
]);
