/** The four bytes of SLIP, by the names RFC 1055 gives them. */

/** Ends a frame. */
export const END = 0xc0;
/** Stands before one of the codes for the two bytes that may not occur in a frame. */
export const ESC = 0xdb;
/** Behind ESC: an END in the frame. */
export const ESC_END = 0xdc;
/** Behind ESC: an ESC in the frame. */
export const ESC_ESC = 0xdd;
