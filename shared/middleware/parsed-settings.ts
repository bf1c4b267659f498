/** What the metadata of a middleware Component comes to. */
export type ParsedSettings<Settings> = (
  | { readonly settings: Settings; readonly mistakes: readonly [] }
  /** Not to be used: each mistake is a sentence without a subject but the setting's name, and holds no value. */
  | { readonly settings: null; readonly mistakes: readonly [string, ...string[]] }
) & {
  /** Of what is used, doubtfully: sentences as those of the mistakes. */
  readonly warnings: readonly string[];
};
