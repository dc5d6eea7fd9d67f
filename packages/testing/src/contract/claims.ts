/** What cases claim. A claim that does not hold throws; the case turns that into its violation. */
import { SluiceError } from "@sluice/buffer";
import { describeValue } from "../describe-value.js";

/** Deep equality. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [describeValue(actual), describeValue(expected)];
  if (is !== should) throw new Error(`${what}\n  is        ${is}\n  should be ${should}`);
}

export function holds(what: string, condition: boolean): void {
  if (!condition) throw new Error(`${what}: it does not hold`);
}

/** That an operation fails, and how. @returns the error */
export async function fails(what: string, operation: PromiseLike<unknown>, code: string): Promise<SluiceError> {
  const error = await errorOf(operation);
  if (error === undefined) throw new Error(`${what}: should fail with ${code}, and succeeds`);
  failedWith(what, error, code);
  return error as SluiceError;
}

export function failedWith(what: string, error: unknown, code: string): void {
  if (error instanceof SluiceError && error.code === code) return;
  throw new Error(`${what}: should fail with ${code}, and fails with ${inWords(error)}`, { cause: error });
}

/** What an operation fails with; undefined if it does not. */
export async function errorOf(operation: PromiseLike<unknown>): Promise<unknown> {
  try {
    await operation;
    return undefined;
  } catch (error) {
    return error;
  }
}

function inWords(error: unknown): string {
  if (error instanceof SluiceError) return `${error.code} (${error.message})`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
