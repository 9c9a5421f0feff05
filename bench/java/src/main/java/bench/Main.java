package bench;

import jakarta.transaction.TransactionManager;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.transaction.xa.XAResource;

/**
 * Measures one transaction manager with three dummy resources. Started as {@code bench.Main SIDE DIRECTORY}; each line of
 * standard input is a round, {@code OPERATIONS THREADS}, which is answered by one line: the microseconds that passed, and those
 * of each operation.
 */
public final class Main {
  private Main() {}

  public static void main(String[] arguments) throws Exception {
    // Whatever a transaction manager prints must not be taken for an answer.
    var answers = System.out;
    System.setOut(System.err);
    Side side = open(arguments[0], Path.of(arguments[1]));
    answers.println("ready");
    var input = new BufferedReader(new InputStreamReader(System.in));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      String[] words = line.split(" ");
      answers.println(round(side, Integer.parseInt(words[0]), Integer.parseInt(words[1])));
    }
    System.exit(0);
  }

  /** A transaction manager, and what enlists in its running transaction. */
  interface Side {
    TransactionManager manager();

    /** Three of them. */
    XAResource[] resources();
  }

  private static Side open(String name, Path directory) throws Exception {
    return switch (name) {
      case "narayana-volatile" -> new NarayanaSide(NarayanaSide.Store.VOLATILE, directory);
      case "narayana-default" -> new NarayanaSide(NarayanaSide.Store.DEFAULT, directory);
      case "narayana-journal" -> new NarayanaSide(NarayanaSide.Store.JOURNAL, directory);
      case "atomikos" -> new AtomikosSide(directory);
      default -> throw new IllegalArgumentException("no side " + name);
    };
  }

  private static String round(Side side, int operations, int threads) throws Exception {
    double[] latencies = new double[operations];
    var next = new AtomicInteger();
    var failure = new Throwable[1];
    var done = new CountDownLatch(threads);
    long start = System.nanoTime();
    for (int thread = 0; thread < threads; thread += 1) {
      new Thread(
              () -> {
                try {
                  for (int at = next.getAndIncrement(); at < operations; at = next.getAndIncrement()) {
                    long begin = System.nanoTime();
                    commit(side);
                    latencies[at] = (System.nanoTime() - begin) / 1_000.0;
                  }
                } catch (Throwable thrown) {
                  failure[0] = thrown;
                } finally {
                  done.countDown();
                }
              })
          .start();
    }
    done.await();
    double elapsed = (System.nanoTime() - start) / 1_000.0;
    if (failure[0] != null) throw new IllegalStateException("a transaction failed", failure[0]);
    var line = new StringBuilder(String.format(Locale.ROOT, "%.1f", elapsed));
    for (double latency : latencies) line.append(String.format(Locale.ROOT, " %.2f", latency));
    return line.toString();
  }

  private static void commit(Side side) throws Exception {
    TransactionManager manager = side.manager();
    manager.begin();
    var transaction = manager.getTransaction();
    for (var resource : side.resources()) {
      if (!transaction.enlistResource(resource)) throw new IllegalStateException("not enlisted");
    }
    manager.commit();
  }
}
