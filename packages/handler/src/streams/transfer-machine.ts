/**
 * Decides what a stream that is being sent does next.
 *
 * ```
 *   waiting ── started ──▶ pulling ◀───────────────── written: all of it ──┐
 *      │                   │ ▲  │                                           │
 *      │ no room    hasRoom │  └─ chunk ─▶ writing ───────────────────────────┤
 *      ▼                   │ │    no room │  ▲ hasRoom                        │
 *   resting ◀──────────────┼─┘            ▼  │                               │
 *      ▲                   │            holding ◀─ written: a part, no room ──┤
 *      └───────────────────┼────────────────────── written: all, no room ───┘
 *                          └─ ended ──▶ draining ── drained ──▶ sent                   broken: any ──▶ broken
 * ```
 *
 * A source is asked for a chunk only while there is room, so the queue never holds more than its high-water mark and a
 * piece.
 */
export type TransferState = "waiting" | "pulling" | "writing" | "holding" | "resting" | "draining" | "sent" | "broken";

export type TransferEvent =
  /** It is this stream's turn. */
  | "started"
  /** The source has given a chunk. */
  | "chunk"
  /** The piece of the chunk that was to be written has been. */
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
        return this.#writeOrHold(hasRoom);
      case "written":
        if (this.#state !== "writing") return "wait";
        return hasRest ? this.#writeOrHold(hasRoom) : this.#pullOrRest(hasRoom);
      case "hasRoom":
        // While a piece is being written room comes and goes; what counts is how it is when it has been.
        if (this.#state === "resting") return this.#pullOrRest(hasRoom);
        return this.#state === "holding" ? this.#writeOrHold(hasRoom) : "wait";
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

  #writeOrHold(hasRoom: boolean): TransferAction {
    this.#state = hasRoom ? "writing" : "holding";
    return hasRoom ? "write" : "wait";
  }
}
