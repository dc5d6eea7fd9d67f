/**
 * Decides what a stream that is being sent does next.
 *
 * ```
 *             started            chunk             ended
 *   waiting ─────────▶ pulling ────────▶ holding
 *                      │  ▲ ▲              │ │ written: more of it, no room
 *                      │  │ └── written ───┘ └──┐◀─┘
 *                      │  │ hasRoom             │ written: all of it, no room
 *                      │  └────────── resting ◀─┘
 *                      └─ ended ──▶ draining ── drained ──▶ sent          broken: any ──▶ broken
 * ```
 *
 * A source is asked for a chunk only while there is room, so the queue never holds more than its high-water mark and a
 * piece.
 */
export type TransferState = "waiting" | "pulling" | "holding" | "resting" | "draining" | "sent" | "broken";

export type TransferEvent =
  /** It is this stream's turn. */
  | "started"
  /** The source has given a chunk. */
  | "chunk"
  /** A piece of the chunk has been written. */
  | "written"
  /** The channel has become writable. */
  | "hasRoom"
  /** The source has come to its end. */
  | "ended"
  /** All that has been written is sent. */
  | "drained"
  /** It cannot go on. */
  | "broken";

export type TransferAction = "wait" | "pull" | "write" | "complete" | "fail";

/** How things stand outside. */
export interface TransferSituation {
  /** Whether the channel is writable. */
  readonly hasRoom: boolean;
  /** Whether there is more of the chunk to write. */
  readonly hasRest: boolean;
  /** Whether something has been written and is not sent yet. */
  readonly hasUnsent: boolean;
}

export class TransferMachine {
  #state: TransferState = "waiting";

  get state(): TransferState {
    return this.#state;
  }

  get isOver(): boolean {
    return this.#state === "sent" || this.#state === "broken";
  }

  /** What is to be done now. Events that mean nothing in a state are answered with "wait". */
  on(event: TransferEvent, { hasRoom, hasRest, hasUnsent }: TransferSituation): TransferAction {
    switch (event) {
      case "started":
        return this.#state === "waiting" ? this.#pullOrRest(hasRoom) : "wait";
      case "chunk":
        if (this.#state !== "pulling") return "wait";
        this.#state = "holding";
        return hasRoom ? "write" : "wait";
      case "written":
        if (this.#state !== "holding") return "wait";
        if (!hasRest) return this.#pullOrRest(hasRoom);
        return hasRoom ? "write" : "wait";
      case "hasRoom":
        if (this.#state === "resting") return this.#pullOrRest(hasRoom);
        return this.#state === "holding" && hasRoom ? "write" : "wait";
      case "ended":
        if (this.#state !== "pulling") return "wait";
        this.#state = hasUnsent ? "draining" : "sent";
        return hasUnsent ? "wait" : "complete";
      case "drained":
        if (this.#state !== "draining") return "wait";
        this.#state = "sent";
        return "complete";
      case "broken":
        if (this.isOver) return "wait";
        this.#state = "broken";
        return "fail";
    }
  }

  #pullOrRest(hasRoom: boolean): TransferAction {
    this.#state = hasRoom ? "pulling" : "resting";
    return hasRoom ? "pull" : "wait";
  }
}
