package dev.convoke.server.soak;

import dev.convoke.server.ConvokeProcess;
import dev.convoke.server.TestModels;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many clients of all kinds at once, many of which leave: everybody gets the answer that he would get alone, and
 * afterwards nothing is left of them: no page, no memory, no thread, no file. {@code -Dsoak.seed=N} repeats a run.
 */
@EnabledOnOs(OS.LINUX)
@Timeout(600)
class MixedLoadTest {
    private static final long SEED = Long.getLong("soak.seed", System.nanoTime());
    private static final Duration WARM_UP = Duration.ofSeconds(2);

    @TempDir
    private Path directory;

    @Test
    void shouldAnswerAllAndKeepNothingInOneProcess() throws Exception {
        soak(24, Duration.ofSeconds(6), List.of(), "--hosts", "2");
    }

    @Test
    @Tag("full")
    void shouldAnswerAllAndKeepNothingInOneProcessForMinutes() throws Exception {
        soak(120, Duration.ofMinutes(3), List.of(), "--hosts", "2");
    }

    @Test
    @Tag("full")
    void shouldAnswerAllAndKeepNothingOverUdp() throws Exception {
        distributed("aeron-udp", ConvokeProcess.freeUdpAddress() + "," + ConvokeProcess.freeUdpAddress());
    }

    @Test
    @Tag("full")
    void shouldAnswerAllAndKeepNothingOverIpc() throws Exception {
        distributed("aeron-ipc", "experts-0,experts-1", "--aeron", "directory=" + directory.resolve("aeron"));
    }

    private static void distributed(final String exchange, final String addresses, final String... more)
        throws IOException, InterruptedException {
        final List<ConvokeProcess> hosts = new ArrayList<>();
        try {
            for (int i = 0; i < 2; i++) {
                hosts.add(expertHost(exchange, addresses, i, more));
            }
            final List<String> options = new ArrayList<>(List.of("--exchange", exchange, "--expert-hosts", addresses));
            options.addAll(Arrays.asList(more));
            soak(60, Duration.ofSeconds(30), hosts, options.toArray(String[]::new));
        } finally {
            hosts.forEach(ConvokeProcess::close);
        }
    }

    private static ConvokeProcess expertHost(final String exchange, final String addresses, final int index,
        final String... more) {
        final List<String> arguments = new ArrayList<>(List.of("expert-host", "--model", TestModels.TINY.toString(),
            "--exchange", exchange, "--expert-hosts", addresses, "--host-index", Integer.toString(index),
            "--threads", "1"));
        arguments.addAll(Arrays.asList(more));
        return ConvokeProcess.startWith(List.of("-Xmx256m", "-XX:NativeMemoryTracking=summary"),
            arguments.toArray(String[]::new));
    }

    private static void soak(final int requests, final Duration length, final List<ConvokeProcess> hosts,
        final String... options) throws IOException, InterruptedException {
        System.out.println("soak.seed=" + SEED);
        final SplittableRandom random = new SplittableRandom(SEED);
        try (LiveServer server = LiveServer.start("256m", options)) {
            final RequestMix mix = new RequestMix(random, requests, server);
            new MixedLoad(server, mix).run(random, WARM_UP);
            server.requireEveryPageFree();
            final List<Long> processes = new ArrayList<>(List.of(server.pid()));
            hosts.forEach(host -> processes.add(host.pid()));
            final List<Footprint> before = processes.stream().map(Footprint::of).toList();
            final MixedLoad load = new MixedLoad(server, mix);
            load.run(random, length);
            server.requireEveryPageFree();
            for (int i = 0; i < processes.size(); i++) {
                before.get(i).awaitNoMore(processes.get(i), (i == 0 ? "serve " : "expert host ") + load);
            }
            server.requireUnharmed();
            server.stop();
        }
    }
}
