/** Header names (lower case) and values. */
export type Headers = Readonly<Record<string, string>>
