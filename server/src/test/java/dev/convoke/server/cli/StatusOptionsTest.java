package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class StatusOptionsTest {
    @Test
    void shouldShowMetricsToOtherMachinesOnlyWhenAllowed() {
        assertRefused("--insecure-network", "--metrics-port", "0", "--metrics-host", "0.0.0.0");
    }

    @Test
    void shouldRefuseWhatIsNoAddress() {
        assertRefused("metrics-port is 70000; choose 0 to 65535", "--metrics-port", "70000");
        assertRefused("metrics-host is 'no.such.host.invalid'", "--metrics-port", "0", "--metrics-host",
            "no.such.host.invalid");
    }

    @Test
    void shouldSayThatThePortIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            assertRefused("choose another one with --metrics-port", "--metrics-port",
                Integer.toString(taken.getLocalPort()));
        }
    }

    private static void assertRefused(final String complaint, final String... options) {
        final List<String> arguments = new ArrayList<>(List.of("expert-host", "--model", TestModels.TINY.toString(),
            "--exchange", "aeron-udp", "--expert-hosts", ConvokeProcess.freeUdpAddress(), "--host-index", "0"));
        arguments.addAll(List.of(options));
        final CommandLineRun run = CommandLineRun.of(arguments.toArray(String[]::new));
        assertTrue(run.exitCode() > 0);
        assertTrue(run.complaint().contains(complaint), run.complaint());
    }
}
