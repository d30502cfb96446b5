package dev.convoke.server.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher with JDKs that only say how they were called, and a PATH of its own. */
@Timeout(60)
class LauncherTest {
    private static final Path LAUNCHER = Path.of(System.getProperty("convoke.models")).resolveSibling("convoke");
    private static final List<String> TOOLS = List.of("sh", "sed", "head", "dirname", "readlink", "find", "touch",
        "mkdir", "rm", "cat", "sleep");

    @TempDir
    private Path directory;
    private Path home;
    private Path tools;
    private Path jdks;

    private record Ended(int exitCode, String out, String err) {
    }

    @BeforeEach
    void unpack() throws IOException {
        home = Files.createDirectories(directory.resolve("a b"));
        tools = Files.createDirectories(directory.resolve("tools"));
        jdks = Files.createDirectories(directory.resolve("jdks"));
        // Only the places where this machine may have JDKs of its own are replaced.
        final String script = Files.readString(LAUNCHER).replace("/usr/lib/jvm/*", jdks + "/*").replace("/opt/*", "")
            .replace("/Library/Java/JavaVirtualMachines/*/Contents/Home", "");
        executable(home.resolve("convoke"), script);
        Files.writeString(home.resolve("jvm.options"), "-Dfrom=options\n");
        for (final String tool : TOOLS) {
            executable(tools.resolve(tool), "#!/bin/sh\nexec " + located(tool) + " \"$@\"\n");
        }
    }

    private static Path located(final String tool) {
        return List.of("/bin", "/usr/bin").stream().map(folder -> Path.of(folder, tool)).filter(Files::exists)
            .findFirst().orElseThrow(() -> new AssertionError("no " + tool));
    }

    private static void executable(final Path file, final String text) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /** A directory that looks like a JDK of that version. */
    private static Path jdk(final Path place, final String version) throws IOException {
        Files.createDirectories(place.resolve("bin"));
        Files.writeString(place.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"" + version + "\"\n");
        executable(place.resolve("bin/java"), "#!/bin/sh\necho \"jdk " + version + "\"\n"
            + "for argument in \"$@\"; do echo \"<$argument>\"; done\n");
        return place;
    }

    private Ended launch(final Map<String, String> environment, final String... arguments) throws Exception {
        final var builder = new ProcessBuilder(home.resolve("convoke").toString());
        builder.command().addAll(List.of(arguments));
        builder.environment().clear();
        builder.environment().put("PATH", tools.toString());
        builder.environment().put("HOME", directory.toString());
        builder.environment().putAll(environment);
        final Process process = builder.start();
        process.getOutputStream().close();
        final String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        final String err = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Ended(process.waitFor(), out, err);
    }

    @Test
    void shouldSayInOneSentenceThatThereIsNoJdk() throws Exception {
        jdk(jdks.resolve("old"), "17.0.2");
        final Ended ended = launch(Map.of(), "serve");
        assertEquals(1, ended.exitCode());
        assertEquals("", ended.out());
        assertEquals("convoke: no JDK 25 or newer was found; install one, for example from https://adoptium.net, or set"
            + " CONVOKE_JAVA_HOME to its directory.\n", ended.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"25", "25.0.1", "26-ea", "100.1"})
    void shouldTakeAJdkThatIsNewEnough(final String version) throws Exception {
        jdk(jdks.resolve("a-old"), "24.0.2");
        jdk(jdks.resolve("b-new"), version);
        final Ended ended = launch(Map.of("JAVA_HOME", jdks.resolve("a-old").toString()), "inspect", "a  b", "");
        assertEquals(0, ended.exitCode(), ended.err());
        assertEquals("""
            jdk %s
            <@%s/jvm.options>
            <-Dconvoke.home=%s>
            <-cp>
            <%s/lib/*>
            <dev.convoke.server.cli.Convoke>
            <inspect>
            <a  b>
            <>
            """.formatted(version, home, home, home), ended.out());
    }

    @Test
    void shouldPreferTheOneThatWasNamed() throws Exception {
        jdk(jdks.resolve("other"), "27");
        final Path named = jdk(directory.resolve("named"), "25");
        assertTrue(launch(Map.of("CONVOKE_JAVA_HOME", named.toString()), "x").out().startsWith("jdk 25\n"));
        assertTrue(launch(Map.of("JAVA_HOME", named.toString()), "x").out().startsWith("jdk 25\n"));
        Files.createSymbolicLink(tools.resolve("java"), named.resolve("bin/java"));
        assertTrue(launch(Map.of(), "x").out().startsWith("jdk 25\n"));
    }

    @Test
    void shouldSayThatTheOneThatWasNamedIsNone() throws Exception {
        jdk(jdks.resolve("good"), "25");
        final Ended ended = launch(Map.of("CONVOKE_JAVA_HOME", "/nowhere"), "serve");
        assertEquals(1, ended.exitCode());
        assertEquals("convoke: CONVOKE_JAVA_HOME is /nowhere, which is not a JDK 25 or newer; point it to one or unset"
            + " it.\n", ended.err());
    }

    @Test
    void shouldPassOnFurtherFlagsOfTheVirtualMachine() throws Exception {
        jdk(jdks.resolve("good"), "25");
        final Ended ended = launch(Map.of("CONVOKE_JVM_OPTIONS", "-Xmx1g -Xlog:gc"), "serve");
        assertTrue(ended.out().contains("<-Xmx1g>\n<-Xlog:gc>\n"), ended.out());
    }

    @Test
    void shouldSayThatACheckoutNeedsMaven() throws Exception {
        jdk(jdks.resolve("good"), "25");
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        final Ended ended = launch(Map.of(), "serve");
        assertEquals(1, ended.exitCode());
        assertEquals("convoke: Maven is needed to build this checkout and was not found; install it, or use a release,"
            + " which needs none.\n", ended.err());
    }

    @Test
    void shouldBuildACheckoutOnceAndAgainWhenASourceIsNewer() throws Exception {
        jdk(jdks.resolve("good"), "25");
        final Path pom = Files.writeString(home.resolve("pom.xml"), "<project/>");
        final Path assembled = home.resolve("bench/target/convoke");
        executable(tools.resolve("mvn"), "#!/bin/sh\necho built\nmkdir -p '" + assembled + "'\n"
            + "echo x > '" + assembled + "/jvm.options'\n");
        assertTrue(launch(Map.of(), "serve").err().endsWith("built\n"));
        final Ended second = launch(Map.of(), "serve");
        assertEquals("", second.err());
        assertTrue(second.out().contains("<-Dconvoke.home=" + assembled + ">"), second.out());
        Files.setLastModifiedTime(pom, FileTime.fromMillis(System.currentTimeMillis() + 5000));
        assertTrue(launch(Map.of(), "serve").err().endsWith("built\n"));
    }

    @Test
    void shouldBuildOnceWhenProcessesStartTogether() throws Exception {
        jdk(jdks.resolve("good"), "25");
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        final Path assembled = home.resolve("bench/target/convoke");
        final Path builds = directory.resolve("builds");
        executable(tools.resolve("mvn"), "#!/bin/sh\necho build >> '" + builds + "'\nsleep 0.3\n"
            + "mkdir -p '" + assembled + "'\necho x > '" + assembled + "/jvm.options'\n");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            final List<Callable<Ended>> launches =
                Collections.nCopies(3, () -> launch(Map.of(), "serve"));
            for (final Future<Ended> launched : threads.invokeAll(launches)) {
                assertEquals(0, launched.get().exitCode(), launched.get().err());
            }
        }
        assertEquals(List.of("build"), Files.readAllLines(builds));
    }

    @Test
    void shouldTakeTheLockOfABuildThatWasKilled() throws Exception {
        jdk(jdks.resolve("good"), "25");
        Files.writeString(home.resolve("pom.xml"), "<project/>");
        final Process gone = new ProcessBuilder("true").start();
        gone.waitFor();
        final Path lock = Files.createDirectories(home.resolve("target/build.lock"));
        Files.writeString(lock.resolve("pid"), Long.toString(gone.pid()));
        final Path assembled = home.resolve("bench/target/convoke");
        executable(tools.resolve("mvn"), "#!/bin/sh\nmkdir -p '" + assembled + "'\n"
            + "echo x > '" + assembled + "/jvm.options'\n");
        assertEquals(0, launch(Map.of(), "serve").exitCode());
        assertFalse(Files.exists(lock));
    }
}
