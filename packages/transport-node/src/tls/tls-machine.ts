/**
 * The life of TLS on one connection: what follows from what has happened.
 *
 * ```
 *                 secured              notified: the peer's close_notify
 *   handshaking ───────────▶ secured ───────────────────────────────────▶ ended ──┐
 *        │                      │  cut: its end of stream without one             │
 *        └──────────────────────┴──────────────── failed, cut, closed ────────────┴─▶ over
 * ```
 *
 * It knows no socket: `TlsLayer` brings the events and performs the actions.
 */

export type TlsState = "handshaking" | "secured" | "ended" | "over";

/**
 * - `secured`: the handshake is complete and the peer is who it should be;
 * - `failed`: something broke, or took too long;
 * - `notified`: the peer has ended the stream as TLS wants it;
 * - `cut`: the peer's stream has ended without that;
 * - `closed`: what lies below is gone.
 */
export type TlsInput = "secured" | "failed" | "notified" | "cut" | "closed";

/**
 * - `release`: the channel may be used;
 * - `refuse`: the handshake has failed, and the channel with it;
 * - `fail`: the channel breaks, after a good handshake;
 * - `end-input`: nothing more will come, and that is in order;
 * - `truncate`: nothing more will come, and some may be missing;
 * - `finish`: all is over;
 * - `ignore`: nothing.
 */
export type TlsAction = "release" | "refuse" | "fail" | "end-input" | "truncate" | "finish" | "ignore";

export class TlsMachine {
  #state: TlsState = "handshaking";

  get state(): TlsState {
    return this.#state;
  }

  on(input: TlsInput): TlsAction {
    const [state, action] = TABLE[this.#state][input];
    this.#state = state;
    return action;
  }
}

const TABLE: Record<TlsState, Record<TlsInput, readonly [TlsState, TlsAction]>> = {
  handshaking: {
    secured: ["secured", "release"],
    failed: ["over", "refuse"],
    notified: ["over", "refuse"],
    cut: ["over", "refuse"],
    closed: ["over", "refuse"],
  },
  secured: {
    // TLS 1.2 may shake hands again; who the peer is has been found out.
    secured: ["secured", "ignore"],
    failed: ["over", "fail"],
    notified: ["ended", "end-input"],
    cut: ["over", "truncate"],
    closed: ["over", "finish"],
  },
  ended: {
    secured: ["ended", "ignore"],
    failed: ["over", "fail"],
    notified: ["ended", "ignore"],
    // First close_notify, then the end of the stream: as it should be.
    cut: ["ended", "ignore"],
    closed: ["over", "finish"],
  },
  over: {
    secured: ["over", "ignore"],
    failed: ["over", "ignore"],
    notified: ["over", "ignore"],
    cut: ["over", "ignore"],
    closed: ["over", "finish"],
  },
};
