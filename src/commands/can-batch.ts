export async function answerBatch(_file: string, _write: (line: string) => void): Promise<void> {}
