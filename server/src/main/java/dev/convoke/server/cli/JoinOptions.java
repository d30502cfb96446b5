package dev.convoke.server.cli;

import dev.convoke.core.ConfigurationException;
import dev.convoke.server.ExpertSettings;
import dev.convoke.server.client.AdminClient;
import dev.convoke.server.client.CoordinatorLink;
import dev.convoke.server.client.HostRegistration;
import dev.convoke.server.http.PemTls;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Which deployment a process joins: its coordinator says what others are told by options. */
final class JoinOptions {
    private static final Duration HOST_INTERVAL = Duration.ofSeconds(1);
    /** How soon decoders hear of a placement, and the coordinator that they have taken it. */
    private static final Duration DECODER_INTERVAL = Duration.ofMillis(200);
    /** What the coordinator decides. */
    private static final List<String> DECIDED = List.of("expert-hosts", "hosts", "max-hosts", "placement", "experts",
        "replicas", "host-index", "coordinator-log");

    @Spec(Spec.Target.MIXEE)
    private CommandSpec options;

    @Option(names = "--join", paramLabel = "URL", description = "Join the deployment of a coordinator, which is at "
        + "this address of its HTTP server, as http://10.0.0.1:8080: it says which expert hosts there are and what "
        + "they hold. Default: --expert-hosts says")
    private String join;

    @Option(names = "--join-key-file", paramLabel = "FILE", description = "File whose first line is a member key of "
        + "the coordinator, or an admin key. Default: the environment variable " + ApiOptions.MEMBER_KEYS_VARIABLE
        + ", else " + ApiOptions.ADMIN_KEYS_VARIABLE)
    private Path keyFile;

    @Option(names = "--join-certificate", paramLabel = "FILE", description = "Certificate in PEM that the coordinator "
        + "may have, for HTTPS. Default: those that Java trusts")
    private Path certificate;

    /** Whether a coordinator is named; throws if only more about it is, or what it decides is given, too. */
    boolean isGiven() {
        if (join == null) {
            Setting.requireWith(options, "join", List.of("join-key-file", "join-certificate"));
            return false;
        }
        DECIDED.stream().filter(name -> options.findOption("--" + name) != null && Setting.isGiven(options, name))
            .findFirst().ifPresent(name -> {
                throw Setting.contradiction(options, name, "join", "leave the first out, since the coordinator decides "
                    + "that");
            });
        if (ExpertSettings.IN_PROCESS.equals(options.findOption("--exchange").getValue())) {
            throw Setting.contradiction(options, "exchange", "join", "choose aeron-udp or aeron-ipc, as for the "
                + "coordinator");
        }
        return true;
    }

    /** For a decoder. */
    CoordinatorLink link() {
        return new CoordinatorLink(client(), ThreadLocalRandom.current().nextLong(), DECODER_INTERVAL);
    }

    /** For an expert host. */
    HostRegistration registration() {
        return new HostRegistration(client(), HOST_INTERVAL);
    }

    /** The coordinator's address. */
    URI coordinator() {
        final String text = join.contains("://") ? join : "http://" + join;
        try {
            return URI.create(text);
        } catch (final IllegalArgumentException e) {
            throw new ConfigurationException("'" + join + "' is no address of a coordinator; give --join as in "
                + "http://10.0.0.1:8080.");
        }
    }

    private AdminClient client() {
        return new AdminClient("--join", coordinator(), ServerOptions.key(keyFile, "join-key-file",
            ApiOptions.MEMBER_KEYS_VARIABLE, ApiOptions.ADMIN_KEYS_VARIABLE),
            Optional.ofNullable(certificate).map(PemTls::trusting));
    }
}
