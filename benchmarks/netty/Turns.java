import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;

/** What turns.mjs is for Node.js: measures for as many milliseconds as each line of its input says. */
final class Turns {
  /** Does some operations. */
  interface Work {
    /** @return how many there were */
    long run() throws Exception;
  }

  static void take(Work work) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      System.out.println(measure(work, Long.parseLong(line)));
    }
  }

  /** CPU time of the whole process: whoever collects its garbage belongs to it. */
  private static String measure(Work work, long ms) throws Exception {
    long before = cpuTime();
    long operations = 0;
    long used;
    do {
      operations += work.run();
      used = cpuTime() - before;
    } while (used < ms * 1_000_000);
    return "{\"operations\":" + operations + ",\"ns\":" + used / (double) operations + "}";
  }

  private static long cpuTime() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private Turns() {}
}
