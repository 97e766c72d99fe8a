/** The examples of a README, as they are written there. */

/** The fenced blocks of a language, in order. */
export function blocksOf(markdown: string, language: string): string[] {
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm");
  return [...markdown.matchAll(fence)].map(([, code]) => code!);
}

/** The one block of a language that holds a text; throws unless there is exactly one. */
export function blockWith(markdown: string, language: string, text: string): string {
  const found = blocksOf(markdown, language).filter((code) => code.includes(text));
  if (found.length === 1) return found[0]!;
  throw new Error(
    `expected one ${language} block with ${JSON.stringify(text)}, got ${found.length}`,
  );
}
