/** What means no in a boolean annotation, or setting of a Component, in lower case; the words for yes are `isTruthy`'s. */
export const falsyTexts: readonly string[] = ['', '0', 'f', 'false', 'n', 'no', 'off'];
