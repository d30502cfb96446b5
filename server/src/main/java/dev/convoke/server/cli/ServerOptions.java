package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.server.client.AdminClient;
import dev.convoke.server.http.BearerKeys;
import dev.convoke.server.http.PemTls;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which running server a command asks, and with which key. */
final class ServerOptions {
    private static final List<String> OTHERS = List.of("admin-key-file", "server-certificate");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--server", paramLabel = "URL", description = "A running server, as http://127.0.0.1:8080.")
    private URI server;

    @Option(names = "--admin-key-file", paramLabel = "FILE", description = "File whose first line is an admin key of "
        + "the server. Default: the environment variable " + ApiOptions.ADMIN_KEYS_VARIABLE)
    private Path adminKeyFile;

    @Option(names = "--server-certificate", paramLabel = "FILE", description = "Certificate in PEM that the server may "
        + "have, for HTTPS. Default: those that Java trusts")
    private Path serverCertificate;

    /** Whether a server is named; throws if only more about it is. */
    boolean isGiven() {
        if (server == null) {
            Setting.requireWith(options, "server", OTHERS);
        }
        return server != null;
    }

    /** A client of the server, which has to be named. */
    AdminClient required() {
        if (!isGiven()) {
            throw new ConfigurationException("Which server? Name it with --server, as in http://127.0.0.1:8080.");
        }
        return client();
    }

    /** A client of it. */
    AdminClient client() {
        return new AdminClient("--server", server, key(adminKeyFile, "admin-key-file", ApiOptions.ADMIN_KEYS_VARIABLE),
            Optional.ofNullable(serverCertificate).map(PemTls::trusting));
    }

    /** The first key of a file or, without one, of the first variable of the environment that has any. */
    static String key(final Path file, final String option, final String... variables) {
        if (file != null) {
            return BearerKeys.read(file, option).getFirst();
        }
        return Arrays.stream(variables).map(System::getenv).filter(Objects::nonNull)
            .flatMap(variable -> Arrays.stream(variable.split(","))).map(String::strip).filter(key -> !key.isEmpty())
            .findFirst().orElseThrow(() -> new ConfigurationException("A key is needed; name a file that holds one "
                + "with --" + option + ", or set " + String.join(" or ", variables) + "."));
    }
}
