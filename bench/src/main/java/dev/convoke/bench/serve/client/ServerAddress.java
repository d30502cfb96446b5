package dev.convoke.bench.serve.client;

import dev.convoke.core.ConfigurationException;
import dev.convoke.core.ConvokeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Where a server is and how to get in. Immutable.
 */
public final class ServerAddress {
    private static final int CONNECT_LIMIT_MS = 30_000;

    private final String host;
    private final int port;
    private final String path;
    private final Optional<SSLContext> tls;
    private final boolean checkCertificate;
    private final Optional<String> apiKey;
    private final int silenceLimitMs;

    /**
     * An address.
     *
     * @param base             {@code http://host:port} or {@code https://}, perhaps with a path before every route
     * @param apiKey           sent as {@code Authorization: Bearer}
     * @param checkCertificate whether the server's certificate must be one that Java trusts, for its host
     * @param silenceLimit     a request fails when nothing comes for so long
     */
    public ServerAddress(final URI base, final Optional<String> apiKey, final boolean checkCertificate,
        final Duration silenceLimit) {
        final boolean https = "https".equalsIgnoreCase(base.getScheme());
        if (base.getHost() == null || !https && !"http".equalsIgnoreCase(base.getScheme())) {
            throw new ConfigurationException("'" + base + "' is no address of a server; give --base-url as in "
                + "http://127.0.0.1:8080.");
        }
        this.host = base.getHost();
        this.port = base.getPort() >= 0 ? base.getPort() : https ? 443 : 80;
        this.path = base.getRawPath() == null ? "" : base.getRawPath().replaceAll("/+$", "");
        this.checkCertificate = checkCertificate;
        this.tls = https ? Optional.of(context(checkCertificate)) : Optional.empty();
        this.apiKey = apiKey;
        this.silenceLimitMs = Math.toIntExact(silenceLimit.toMillis());
    }

    private static SSLContext context(final boolean checkCertificate) {
        try {
            if (checkCertificate) {
                return SSLContext.getDefault();
            }
            final SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {new TrustsAnybody()}, null);
            return context;
        } catch (final GeneralSecurityException e) {
            throw new ConvokeException("TLS cannot be set up: " + e.getMessage(), e);
        }
    }

    /** A new connection. */
    Socket connect() throws IOException {
        final Socket socket = new Socket();
        try {
            socket.connect(new InetSocketAddress(host.replaceAll("[\\[\\]]", ""), port), CONNECT_LIMIT_MS);
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(silenceLimitMs);
            return tls.isPresent() ? encrypted(socket) : socket;
        } catch (final IOException e) {
            socket.close();
            throw e;
        }
    }

    private Socket encrypted(final Socket plain) throws IOException {
        final SSLSocket socket = (SSLSocket)tls.orElseThrow().getSocketFactory().createSocket(plain, host, port, true);
        if (checkCertificate) {
            final SSLParameters parameters = socket.getSSLParameters();
            parameters.setEndpointIdentificationAlgorithm("HTTPS");
            socket.setSSLParameters(parameters);
        }
        socket.startHandshake();
        return socket;
    }

    /** A whole request as it goes out; GET without a body, else POST of JSON. */
    byte[] request(final String route, final byte[] body) {
        final StringBuilder head = new StringBuilder(256);
        head.append(body == null ? "GET " : "POST ").append(path).append(route).append(" HTTP/1.1\r\nHost: ")
            .append(host).append(':').append(port).append("\r\nAccept: */*\r\n");
        apiKey.ifPresent(key -> head.append("Authorization: Bearer ").append(key).append("\r\n"));
        if (body != null) {
            head.append("Content-Type: application/json\r\nContent-Length: ").append(body.length).append("\r\n");
        }
        final byte[] headBytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        if (body == null) {
            return headBytes;
        }
        final byte[] request = new byte[headBytes.length + body.length];
        System.arraycopy(headBytes, 0, request, 0, headBytes.length);
        System.arraycopy(body, 0, request, headBytes.length, body.length);
        return request;
    }

    @Override
    public String toString() {
        return (tls.isPresent() ? "https://" : "http://") + host + ":" + port + path;
    }

    /** For servers with certificates of their own making, when the user says so. */
    private static final class TrustsAnybody extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String type, final Socket socket) {
        }

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String type, final Socket socket) {
        }

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String type, final SSLEngine engine) {
        }

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String type, final SSLEngine engine) {
        }

        @Override
        public void checkClientTrusted(final X509Certificate[] chain, final String type) {
        }

        @Override
        public void checkServerTrusted(final X509Certificate[] chain, final String type) {
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
