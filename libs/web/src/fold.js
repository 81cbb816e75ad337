/** As `libs.text.fold`: plain small letters, ı and i are one. */
export const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replaceAll("ı", "i").normalize("NFKD").replace(/\p{M}/gu, "");
