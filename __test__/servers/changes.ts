/** Lets many waiters look again whenever something has changed: a condition variable for tests. */
export class Changes {
  #waiting: (() => void)[] = [];

  /** Says that something has changed. */
  change(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  /** Looks now and after every change, until `look` answers something other than undefined. */
  async until<T>(look: () => T | undefined): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      await new Promise<void>((wake) => this.#waiting.push(wake));
    }
  }

  /** Waits until `holds` is true. */
  async untilTrue(holds: () => boolean): Promise<void> {
    await this.until(() => holds() || undefined);
  }
}
