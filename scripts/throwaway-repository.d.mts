/** Runs git in a directory, untouched by the configuration of whoever runs it; returns what it prints. */
export function git(directory: string, ...args: readonly string[]): string;
export function temporaryDirectory(name: string): string;
/** A new repository in a temporary directory, on branch main. */
export function emptyRepository(name: string): string;
/** Commits everything that stands in the work tree. */
export function commit(directory: string, message: string): void;
/** Makes the work tree equal to a folder. */
export function replaceFiles(directory: string, folder: string): void;
