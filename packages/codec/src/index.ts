export * from "./byte-to-message-decoder.js";
export * from "./delimiter-based-frame-decoder.js";
export * from "./fixed-length-frame-decoder.js";
export * from "./length-field-based-frame-decoder.js";
export * from "./line-based-frame-decoder.js";
