import { CrossboundError } from '../../protocol/errors.ts';
import { ClientNews, type ClientSettings, type ClientStatistics } from './process-messages.ts';
import { RunProcess } from './run-process.ts';

/** What the client has to say in the end. */
export interface ClientResult {
  readonly acknowledged: number;
  readonly statistics: ClientStatistics;
}

/** The client process of one run. */
export class ClientRun {
  readonly #process: RunProcess<ClientNews>;
  #acknowledged = 0;
  #result: ClientResult | undefined;
  #failure: string | undefined;

  /** @param onProgress - told whenever more outcomes have been recorded. */
  constructor(settings: ClientSettings, compileCache: string, onProgress: (acknowledged: number) => void) {
    this.#process = new RunProcess({ name: 'client-process', compileCache }, settings, ClientNews, (news) => {
      if (news.type === 'failed') {
        this.#failure = news.message;
        return;
      }
      this.#acknowledged = news.acknowledged;
      if (news.type === 'finished') this.#result = news;
      onProgress(news.acknowledged);
    });
  }

  /** Transfers whose outcome it has recorded. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Resolves when every transfer has its outcome. */
  async finished(): Promise<ClientResult> {
    const { stderr } = await this.#process.ended;
    if (this.#result !== undefined) return this.#result;
    throw new CrossboundError('CLIENT_FAILED', 'terminal', `The client ended before its work. ${this.#failure ?? stderr}`);
  }

  /** Ends it with no regard for anything. */
  async abort(): Promise<void> {
    await this.#process.kill();
  }
}
