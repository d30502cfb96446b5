package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.server.http.AllowedOrigins;
import dev.convoke.server.http.ApiAccess;
import dev.convoke.server.http.ApiLimits;
import dev.convoke.server.http.ApiSettings;
import dev.convoke.server.http.BearerKeys;
import dev.convoke.server.http.PemTls;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import org.agrona.SystemUtil;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Where and for whom the API is served, and how much a client may ask of it. */
public final class ApiOptions {
    static final String KEYS_VARIABLE = "CONVOKE_API_KEY";
    static final String ADMIN_KEYS_VARIABLE = "CONVOKE_ADMIN_KEY";
    static final String MEMBER_KEYS_VARIABLE = "CONVOKE_MEMBER_KEY";

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--host", paramLabel = "ADDRESS", description = "Address to listen on. Default: ${DEFAULT-VALUE}",
        defaultValue = "127.0.0.1")
    private String host;

    @Option(names = "--port", paramLabel = "PORT", description = "Port to listen on; 0 takes a free one. "
        + "Default: ${DEFAULT-VALUE}", defaultValue = "8080")
    private int port;

    @Option(names = "--api-key-file", paramLabel = "FILE", description = "Keys that let clients in, one a line; those "
        + "in the environment variable " + KEYS_VARIABLE + " (separated by commas) do, too. Default: no key is needed")
    private Path apiKeyFile;

    @Option(names = "--admin-key-file", paramLabel = "FILE", description = "Keys that let operators in to /admin/v1, "
        + "one a line; those in the environment variable " + ADMIN_KEYS_VARIABLE + " (separated by commas) do, too. "
        + "Default: there are no admin routes")
    private Path adminKeyFile;

    @Option(names = "--member-key-file", paramLabel = "FILE", description = "Keys with which expert hosts and decoders "
        + "may --join, one a line, and that open nothing else; those in the environment variable "
        + MEMBER_KEYS_VARIABLE + " (separated by commas) do, too. Default: only admin keys let them in")
    private Path memberKeyFile;

    @Option(names = "--tls-certificate", paramLabel = "FILE", description = "Certificate chain in PEM, for HTTPS.")
    private Path tlsCertificate;

    @Option(names = "--tls-key", paramLabel = "FILE", description = "Its private key in PEM (PKCS #8, unencrypted).")
    private Path tlsKey;

    @Option(names = "--max-body-bytes", paramLabel = "SIZE", defaultValue = "32m",
        description = "The largest request. Default: ${DEFAULT-VALUE}")
    private String maxBodyBytes;

    @Option(names = "--max-connections", paramLabel = "N", defaultValue = "10000",
        description = "Connections at a time. Default: ${DEFAULT-VALUE}")
    private int maxConnections;

    @Option(names = "--read-timeout", paramLabel = "TIME", defaultValue = "30s", description = "Silence of a client in "
        + "the middle of a request after which it is cut off. Default: ${DEFAULT-VALUE}")
    private String readTimeout;

    @Option(names = "--request-timeout", paramLabel = "TIME", defaultValue = "60s", description = "How long a client "
        + "may take to send a request. Default: ${DEFAULT-VALUE}")
    private String requestTimeout;

    @Option(names = "--write-timeout", paramLabel = "TIME", defaultValue = "30s", description = "How long a client may "
        + "take nothing of its answer before it is cut off. Default: ${DEFAULT-VALUE}")
    private String writeTimeout;

    @Option(names = "--max-concurrent-requests", paramLabel = "N", defaultValue = "1024", description = "Requests for "
        + "text that are answered at a time; others are told to come again. Default: ${DEFAULT-VALUE}")
    private int maxConcurrentRequests;

    @Option(names = "--cors-allowed-origins", paramLabel = "ORIGIN", split = ",", description = "Origins whose pages "
        + "may call the API from a browser, such as https://chat.example.org, or * for all. Default: none")
    private List<String> corsAllowedOrigins = List.of();

    @Option(names = "--enable-per-request-metrics", description = "Tell in each answer how long it took.")
    private boolean perRequestMetrics;

    @Option(names = "--ping-interval", paramLabel = "TIME", defaultValue = "10s", description = "Silence of a stream "
        + "after which it carries a comment. Default: ${DEFAULT-VALUE}")
    private String pingInterval;

    @Option(names = "--drain-timeout", paramLabel = "TIME", defaultValue = "20s", description = "How long requests may "
        + "go on when the server is told to stop. Default: ${DEFAULT-VALUE}")
    private String drainTimeout;

    /** What they say; binds the port for a moment to find out early that it is taken. */
    ApiSettings settings(final ExpertOptions experts) {
        final ApiAccess access = new ApiAccess(keys("api-key-file", apiKeyFile, KEYS_VARIABLE),
            keys("admin-key-file", adminKeyFile, ADMIN_KEYS_VARIABLE),
            keys("member-key-file", memberKeyFile, MEMBER_KEYS_VARIABLE));
        final Optional<SSLContext> tls = tls();
        return new ApiSettings(address(experts, !access.clients().isEmpty() && tls.isPresent()), access, tls,
            AllowedOrigins.of(corsAllowedOrigins), limits(), perRequestMetrics,
            duration("ping-interval", pingInterval), duration("drain-timeout", drainTimeout));
    }

    private ApiLimits limits() {
        return new ApiLimits(Math.toIntExact(LimitOptions.parse("max-body-bytes", maxBodyBytes, "a size such as 32m",
            value -> SystemUtil.parseSize("max-body-bytes", value))), atLeastOne("max-connections", maxConnections),
            atLeastOne("max-concurrent-requests", maxConcurrentRequests), duration("read-timeout", readTimeout),
            duration("request-timeout", requestTimeout), duration("write-timeout", writeTimeout));
    }

    private static int atLeastOne(final String name, final int value) {
        if (value < 1) {
            throw new ConfigurationException(name + " is " + value + "; give 1 or more.");
        }
        return value;
    }

    String scheme() {
        return tlsCertificate == null ? "http" : "https";
    }

    String host() {
        return host;
    }

    private static Duration duration(final String name, final String text) {
        final Duration duration = Duration.ofNanos(LimitOptions.duration(name, text));
        if (duration.isZero()) {
            throw new ConfigurationException(name + " is '" + text + "'; give more than nothing, such as 10s.");
        }
        return duration;
    }

    private static BearerKeys keys(final String option, final Path file, final String variable) {
        final List<String> keys = new ArrayList<>();
        if (file != null) {
            keys.addAll(BearerKeys.read(file, option));
        }
        final String value = System.getenv(variable);
        if (value != null) {
            // An empty key would let in whoever sends none.
            Arrays.stream(value.split(",")).map(String::strip).filter(key -> !key.isEmpty()).forEach(keys::add);
        }
        return BearerKeys.of(keys);
    }

    private Optional<SSLContext> tls() {
        if ((tlsCertificate == null) != (tlsKey == null)) {
            throw Setting.contradiction(options, "tls-certificate", "tls-key", "give both for HTTPS, or neither");
        }
        return tlsCertificate == null ? Optional.empty() : Optional.of(PemTls.read(tlsCertificate, tlsKey));
    }

    private InetSocketAddress address(final ExpertOptions experts, final boolean guarded) {
        final InetSocketAddress address = ListenAddress.of("", host, port);
        if (!address.getAddress().isLoopbackAddress() && !guarded) {
            experts.requireInsecureNetwork(host + ":" + port);
        }
        return address;
    }
}
