import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * The TLS of the JDK at the other end.
 *
 * <pre>
 *   TlsPeer client VERSION CA_FILE PORT BYTES     writes random bytes, reads as many back and compares
 *   TlsPeer server VERSION CERT_FILE KEY_FILE     echoes, one connection after the other, until its input ends
 * </pre>
 *
 * It prints "port N" when it listens, "done VERSION PROTOCOL BYTES" after a connection that ended in order, and
 * "failed REASON" after one that did not.
 */
public class TlsPeer {
  public static void main(String[] args) throws Exception {
    if (args[0].equals("client")) {
      try {
        connect(args[1], Path.of(args[2]), Integer.parseInt(args[3]), Integer.parseInt(args[4]));
      } catch (IOException e) {
        System.out.println("failed " + e);
      }
    } else {
      serve(args[1], Path.of(args[2]), Path.of(args[3]));
    }
  }

  private static void connect(String version, Path ca, int port, int length) throws Exception {
    TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    KeyStore store = emptyStore();
    store.setCertificateEntry("ca", certificates(ca)[0]);
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    try (SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("localhost", port)) {
      SSLParameters parameters = socket.getSSLParameters();
      parameters.setProtocols(new String[] {version});
      parameters.setApplicationProtocols(new String[] {"echo"});
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      socket.setSSLParameters(parameters);
      socket.startHandshake();
      byte[] sent = new byte[length];
      new Random(7).nextBytes(sent);
      Thread writer = new Thread(() -> write(socket, sent));
      writer.start();
      byte[] received = socket.getInputStream().readNBytes(length);
      writer.join();
      if (!Arrays.equals(sent, received)) throw new IOException("got other bytes back, " + received.length);
      String protocol = socket.getApplicationProtocol();
      System.out.println("done " + socket.getSession().getProtocol() + " " + protocol + " " + received.length);
    }
  }

  private static void write(SSLSocket socket, byte[] bytes) {
    try {
      OutputStream out = socket.getOutputStream();
      // Pieces of all sizes, so that records of all sizes come.
      for (int at = 0, size = 1; at < bytes.length; at += size, size = size * 3 % 50_000 + 1) {
        size = Math.min(size, bytes.length - at);
        out.write(bytes, at, size);
      }
      out.flush();
    } catch (IOException e) {
      System.out.println("failed " + e);
    }
  }

  private static void serve(String version, Path certificate, Path key) throws Exception {
    char[] password = "unused".toCharArray();
    KeyStore store = emptyStore();
    store.setKeyEntry("server", privateKey(key), password, certificates(certificate));
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    SSLServerSocket server = (SSLServerSocket) context.getServerSocketFactory().createServerSocket(0);
    SSLParameters parameters = server.getSSLParameters();
    parameters.setProtocols(new String[] {version});
    parameters.setApplicationProtocols(new String[] {"echo"});
    server.setSSLParameters(parameters);
    Thread untilInputEnds = new Thread(() -> exitWithInput());
    untilInputEnds.setDaemon(true);
    untilInputEnds.start();
    System.out.println("port " + server.getLocalPort());
    while (true) {
      try (SSLSocket socket = (SSLSocket) server.accept()) {
        echo(socket);
      } catch (SSLException e) {
        System.out.println("failed " + e);
      } catch (IOException e) {
        System.out.println("failed " + e);
      }
    }
  }

  private static void echo(SSLSocket socket) throws IOException {
    InputStream in = socket.getInputStream();
    OutputStream out = socket.getOutputStream();
    byte[] buffer = new byte[16_384];
    long total = 0;
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      out.write(buffer, 0, n);
      total += n;
    }
    System.out.println("done " + socket.getSession().getProtocol() + " " + socket.getApplicationProtocol() + " " + total);
  }

  private static void exitWithInput() {
    try {
      while (System.in.read() >= 0) {}
    } catch (IOException e) {
      System.out.println("failed " + e);
    }
    System.exit(0);
  }

  private static KeyStore emptyStore() throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    return store;
  }

  private static Certificate[] certificates(Path file) throws Exception {
    byte[] pem = Files.readAllBytes(file);
    return CertificateFactory.getInstance("X.509")
        .generateCertificates(new ByteArrayInputStream(pem))
        .toArray(new Certificate[0]);
  }

  private static PrivateKey privateKey(Path file) throws Exception {
    String pem = Files.readString(file, StandardCharsets.US_ASCII);
    byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----[A-Z ]+-----", ""));
    return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(der));
  }
}
