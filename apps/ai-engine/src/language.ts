/** The languages that messages are written in. */
export const languages = ["en", "de", "fr", "es", "nl"] as const;

export type Language = (typeof languages)[number];
