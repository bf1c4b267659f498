/** Notices of what others wrote, as one text. Pure. */

export interface Notice {
  /** Name and version, for people. */
  readonly title: string;
  readonly text: string;
}

const rule = '='.repeat(80);

/** Equal texts stand once, under all their titles. */
export function noticesText(notices: readonly Notice[]): string {
  const titlesByText = new Map<string, string[]>();
  for (const { title, text } of notices) {
    const trimmed = text.replaceAll('\r\n', '\n').trim();
    titlesByText.set(trimmed, [...(titlesByText.get(trimmed) ?? []), title]);
  }
  const parts = [...titlesByText].map(([text, titles]) => `${rule}\n${[...new Set(titles)].join('\n')}\n\n${text}\n`);
  return `This image contains software of others, under the licences below.\n\n${parts.join('\n')}`;
}
