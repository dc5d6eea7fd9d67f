import { describe, expect, it } from "vitest";
import { ERRORS, type ErrorCode, SluiceError } from "./index.js";

describe("SluiceError", () => {
  it.each(Object.keys(ERRORS) as ErrorCode[])("%s takes meaning and severity from the table", (code) => {
    const error = new SluiceError(code);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: "SluiceError", code, message: ERRORS[code].meaning });
    expect(error.severity).toBe(ERRORS[code].severity);
    expect(error.recoverable).toBe(error.severity === "recoverable");
  });

  it("carries detail, cause and fields", () => {
    const cause = new Error("why");
    const error = new SluiceError("FRAME_TOO_LONG", "detail", { cause, offset: 1, length: 2, limit: 3, hex: "00" });
    expect(error).toMatchObject({ message: "detail", cause, offset: 1, length: 2, limit: 3, hex: "00" });
    expect("cause" in new SluiceError("ABORTED")).toBe(false);
  });
});
