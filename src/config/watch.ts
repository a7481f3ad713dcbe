import { type FSWatcher, watch } from 'node:fs';
import { readFile, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from './config.js';
import { type LoadOptions, parseConfig } from './load.js';

/** How {@link watchConfig} follows a file. */
export interface WatchOptions extends LoadOptions {
  /**
   * Takes a changed configuration. It is refused, and the one before stays, if this throws.
   */
  onChange?: (config: Config) => void;
  /**
   * Told of a change that was refused: a {@link ConfigError}, what the file system says, or what `onChange`
   * threw. Default: a process warning.
   */
  onError?: (error: unknown) => void;
}

/** A configuration whose file is watched. */
export interface ConfigWatch {
  /** The one in force: the last that was good. */
  readonly config: Config;
  /** Watches no longer. */
  close(): void;
}

/**
 * How long a file has to be left alone before it is read, in milliseconds: editors empty a file before they fill it,
 * and tools write it in pieces.
 */
const SETTLE_TIME = 50;

/**
 * {@link loadConfig}, and again whenever the file changes; also one that is replaced, or reached by links that
 * change, as Kubernetes mounts them. A change that cannot be used is refused and reported, and the
 * configuration before it stays. Watching keeps no process alive.
 *
 * @throws {ConfigError} for what is wrong in the file now.
 * @throws what the file system says where the file cannot be read.
 */
export async function watchConfig(
  path: string | URL,
  options: WatchOptions = {},
): Promise<ConfigWatch> {
  const file = path instanceof URL ? fileURLToPath(path) : path;
  // Watched before it is read, so that no change falls between the two.
  const watched = new WatchedFile(file, options);
  try {
    await watched.open();
  } catch (error) {
    watched.close();
    throw error;
  }
  return watched;
}

class WatchedFile implements ConfigWatch {
  readonly #file: string;
  readonly #options: WatchOptions;
  readonly #folders: Map<string, FSWatcher> = new Map();
  #config: Config | undefined;
  #text: string | undefined;
  #settling: NodeJS.Timeout | undefined;
  #closed = false;
  /** One look after the other. */
  #looking: Promise<void> = Promise.resolve();

  constructor(file: string, options: WatchOptions) {
    this.#file = file;
    this.#options = options;
  }

  get config(): Config {
    return this.#config as Config;
  }

  async open(): Promise<void> {
    await this.#follow();
    this.#text = await readFile(this.#file, 'utf8');
    this.#config = this.#parsed(this.#text);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#settling);
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Watches the folders that the file is in: by its name, and where links lead. A file itself may be replaced. */
  async #follow(): Promise<void> {
    const folders = new Set([dirname(this.#file), dirname(await realpath(this.#file))]);
    if (this.#closed) return;
    for (const [folder, watcher] of this.#folders) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#folders.delete(folder);
    }
    for (const folder of folders) {
      if (this.#folders.has(folder)) continue;
      const watcher = watch(folder, { persistent: false }, () => this.#settle());
      watcher.on('error', (error) => this.#report(error));
      this.#folders.set(folder, watcher);
    }
  }

  #settle(): void {
    clearTimeout(this.#settling);
    if (this.#closed) return;
    this.#settling = setTimeout(() => {
      this.#looking = this.#looking.then(() => this.#look());
    }, SETTLE_TIME).unref();
  }

  async #look(): Promise<void> {
    try {
      await this.#follow();
      const text = await readFile(this.#file, 'utf8');
      if (this.#closed || text === this.#text) return;
      this.#text = text;
      const config = this.#parsed(text);
      this.#options.onChange?.(config);
      this.#config = config;
    } catch (error) {
      if (!this.#closed) this.#report(error);
    }
  }

  #parsed(text: string): Config {
    return parseConfig(text, { ...this.#options, file: this.#file });
  }

  #report(error: unknown): void {
    const { onError } = this.#options;
    if (onError !== undefined) onError(error);
    else {
      process.emitWarning(`the configuration stays as it was: ${(error as Error).message}`, {
        code: 'WARMLINE_CONFIG_REFUSED',
      });
    }
  }
}
