import { ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';

import {
  type ByteSink,
  type ByteSource,
  errorOf,
  type Metered,
  type Passable,
  pass,
  type RelayReport,
} from '../native/passing.js';
import { Counted, wishOf } from './counted.js';
import { cut, type Destination, isClosed } from './destination.js';
import { Lending } from './lending.js';
import { type PipeReport, reportOf } from './report.js';

/** A body's way from the upstream to a client, through the engine alone where that is possible. */
export class Passage implements ByteSink {
  readonly report: Promise<PipeReport>;
  readonly #to: Destination;
  readonly #url: string;
  readonly #wish: number | undefined;
  readonly #source: ByteSource;
  #settle: (report: PipeReport) => void = () => {};
  #counted: Counted | undefined;
  #lending: Lending | undefined;
  /** What the engine has counted. */
  #relayed: RelayReport | undefined;
  /** Why it ends before the body does; the first reason counts. */
  #early: Pick<PipeReport, 'end' | 'error'> | undefined;
  /** Bytes that the destination has not taken yet. */
  #owed = 0;
  readonly #onDrain = (): void => {
    this.#source.credit(this.#owed);
    this.#owed = 0;
  };
  readonly #onFinish = (): void => {
    // Ended by somebody else; HTTP/2 says so as well where its client has left.
    const end = this.#to.writableEnded ? 'stopped' : 'client-left';
    this.#leave({ end, error: undefined });
  };
  readonly #onClose = (): void => this.#leave({ end: 'client-left', error: undefined });
  readonly #onError = (error: unknown): void => this.#leave({ end: 'client-left', error });

  constructor(from: Response & Passable, to: Destination) {
    this.#to = to;
    this.#url = from.url;
    this.#wish = wishOf(from);
    this.report = new Promise((resolve) => {
      this.#settle = resolve;
    });
    this.#source = from[pass](this);
    to.on('drain', this.#onDrain);
    to.on('finish', this.#onFinish);
    to.on('close', this.#onClose);
    to.on('error', this.#onError);
  }

  /** Begins; the destination's head is out. */
  start(heartbeat: number | undefined): void {
    const to = this.#to;
    if (isClosed(to)) {
      this.#onClose();
      return;
    }
    if (to instanceof ServerResponse) {
      this.#lending = Lending.of(to, () => {
        this.#early ??= { end: 'stopped', error: undefined };
        this.#source.halt(false);
      });
    }
    if (this.#lending === undefined) this.#source.flow();
    else this.#source.relay({ socket: this.#lending.socket, wish: this.#wish, heartbeat });
  }

  chunk(bytes: Uint8Array<ArrayBuffer>): void {
    if (this.#early !== undefined) return;
    if (this.#to.writableEnded) {
      this.#onFinish();
      return;
    }
    this.#counted ??= new Counted(this.#wish);
    this.#counted.add(bytes);
    // What wraps a response's `write` expects what Node's own streams give it.
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if ((this.#to as Writable).write(buffer)) this.#source.credit(bytes.length);
    else this.#owed += bytes.length;
  }

  end(): void {
    if (this.#early !== undefined) return;
    this.#counted?.finish();
    this.#complete();
  }

  fail(reason: unknown): void {
    if (this.#early !== undefined) return;
    this.#break({ end: 'upstream-failed', error: reason });
  }

  stop(reason: unknown): void {
    const early = { end: 'stopped', error: reason } as const;
    if (this.#lending === undefined) {
      this.#break(early);
      return;
    }
    this.#early ??= early;
    this.#source.halt(true);
    cut(this.#to, reason);
  }

  declined(): void {
    this.#giveBack();
    if (this.#early !== undefined) this.#finish(this.#early);
  }

  relayed(report: RelayReport): void {
    this.#relayed = report;
    this.#giveBack();
    if (this.#early !== undefined) {
      this.#finish(this.#early);
    } else if (report.end === 'complete') {
      this.#complete();
    } else if (report.end === 'failed') {
      const error = new TypeError('terminated', { cause: errorOf(report) });
      this.#break({ end: 'upstream-failed', error });
    } else {
      this.#break({ end: 'client-left', error: undefined });
    }
  }

  #complete(): void {
    const to = this.#to;
    if (isClosed(to)) {
      this.#onClose();
      return;
    }
    to.off('finish', this.#onFinish);
    to.once('finish', () => {
      this.#finish({ end: 'complete', error: undefined });
      to.off('error', this.#onError);
    });
    to.end();
  }

  /** The client, or who writes to it, wants no more: the upstream is stopped. */
  #leave(early: Pick<PipeReport, 'end' | 'error'>): void {
    if (this.#early !== undefined) return;
    this.#early = early;
    if (this.#lending !== undefined) {
      // The engine reports what it has done, and that is the end.
      this.#source.halt(true);
      return;
    }
    this.#finish(early);
  }

  #break(early: Pick<PipeReport, 'end' | 'error'>): void {
    this.#finish(early);
    cut(this.#to, early.error);
  }

  #giveBack(): void {
    this.#lending?.giveBack();
    this.#lending = undefined;
  }

  #finish(outcome: Pick<PipeReport, 'end' | 'error'>): void {
    this.#early = outcome;
    this.#source.leave();
    const to = this.#to;
    to.off('drain', this.#onDrain);
    to.off('finish', this.#onFinish);
    to.off('close', this.#onClose);
    const native = this.#relayed !== undefined;
    const bytes = this.#relayed?.bytes ?? this.#counted?.bytes ?? 0;
    const metered: Metered = this.#relayed ?? this.#counted?.read() ?? {};
    this.#settle(reportOf(this.#url, { ...outcome, bytes, native }, metered));
  }
}
